// Everything works without this file; it only makes some things quicker or safer.
import {
  Button, Checkboxes, ErrorSummary, NotificationBanner, PasswordInput, Radios, SkipLink, createAll
} from 'govuk-frontend'

document.body.classList.add('js-enabled', 'govuk-frontend-supported')
for (const component of [Button, Checkboxes, ErrorSummary, NotificationBanner, PasswordInput, Radios, SkipLink]) {
  createAll(component)
}

// A second click on a button that sends something does nothing. The server would not mind it either.
function sendOnce(form) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) {
      event.preventDefault()
      return
    }
    form.dataset.sent = 'yes'
    const button = event.submitter
    if (button) button.setAttribute('aria-disabled', 'true')
    // A page that could not be reached leaves the form usable again.
    setTimeout(() => ready(form), 15000)
  })
}

function ready(form) {
  delete form.dataset.sent
  form.querySelectorAll('[aria-disabled]').forEach((button) => button.removeAttribute('aria-disabled'))
}

const posting = document.querySelectorAll('form[method="post"]')
posting.forEach(sendOnce)
// Coming back with the back button must find the forms ready to be sent.
addEventListener('pageshow', () => posting.forEach(ready))

// A page about work that is still going on asks for itself again, but not while nobody looks.
const progress = document.querySelector('[data-refresh]')
if (progress) {
  const again = () => {
    if (document.visibilityState === 'visible') location.reload()
    else document.addEventListener('visibilitychange', () => location.reload(), { once: true })
  }
  setTimeout(again, Number(progress.dataset.refresh) * 1000)
}

// Two minutes before the session ends the page says so, beside what is being typed.
const ending = document.querySelector('[data-session-seconds]')
if (ending) {
  setTimeout(() => { ending.hidden = false }, Math.max(0, Number(ending.dataset.sessionSeconds) - 120) * 1000)
}

document.querySelectorAll('[data-print]').forEach((button) => {
  button.hidden = false
  button.addEventListener('click', () => print())
})

document.querySelectorAll('[data-copy]').forEach((button) => {
  if (!navigator.clipboard) return
  button.hidden = false
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.dataset.copy)
    button.textContent = button.dataset.done
  })
})
