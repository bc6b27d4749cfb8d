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
    // A page that could not be reached leaves the form usable again; so does one that answers with a file and stays.
    setTimeout(() => ready(form), 'download' in form.dataset ? 2000 : 15000)
  })
  form.addEventListener('input', () => ready(form))
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
const progress = document.querySelector('[data-progress]')
if (progress) {
  const words = progress.querySelector('[role="status"]')
  const bar = progress.querySelector('progress')
  const look = async () => {
    try {
      const answer = await fetch(location.href, { cache: 'no-store' })
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
      const now = page.querySelector('[data-progress]')
      // Done, failed, or signed out meanwhile: what there is now is a page of its own.
      if (!now && answer.status < 500) return location.replace(answer.url)
      if (now) {
        const text = now.querySelector('[role="status"]').textContent
        if (words.textContent !== text) words.textContent = text
        bar.max = now.querySelector('progress').max
        bar.value = now.querySelector('progress').value
      }
    } catch {
      // The line is down for a moment.
    }
    later()
  }
  const later = () => setTimeout(look, Number(progress.dataset.progress) * 1000)
  setTimeout(look, 1000)
}

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

// "Tick all" is a link to the same page with every box ticked; here nothing else typed on it is lost.
document.querySelectorAll('form [data-tick]').forEach((link) => {
  link.addEventListener('click', (event) => {
    event.preventDefault()
    link.closest('form').querySelectorAll('input[type="checkbox"]').forEach((box) => {
      box.checked = link.dataset.tick === 'all'
    })
  })
})
