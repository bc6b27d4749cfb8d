// Compiles portal.scss and portal.js into ../portal/static, one file each, and prints what they weigh.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { compile } from 'sass'

const here = dirname(fileURLToPath(import.meta.url))
const out = join(here, '..', 'portal', 'static')
const licence = '/* Contains parts of govuk-frontend 6.3.0, MIT licence: see LICENCES.txt beside this file. */\n'

let css = compile(join(here, 'portal.scss'), {
  loadPaths: [join(here, 'node_modules')],
  style: 'compressed',
  quietDeps: true
}).css
// Said by each component and inherited anyway: 20 kB of the unzipped stylesheet.
css = css
  .replace(/(?<=[{;])(-webkit-font-smoothing:antialiased|-moz-osx-font-smoothing:grayscale);?/g, '')
  .replace(/@media print\{[^{}]+\{font-family:inherit\}\}/g, '')
css += 'body{-webkit-font-smoothing:antialiased;-moz-osx-font-smoothing:grayscale}'
if (/GDS Transport|url\((?!["']?data:)/.test(css)) throw new Error('The stylesheet names a font or file that is not ours.')
writeFileSync(join(out, 'portal.css'), licence + css.replace(/^\uFEFF/, '') + '\n')

await build({
  entryPoints: [join(here, 'portal.js')],
  nodePaths: [join(here, 'node_modules')],
  outfile: join(out, 'portal.js'),
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2020',
  legalComments: 'none',
  banner: { js: licence.trim() }
})

for (const name of ['portal.css', 'portal.js']) {
  const bytes = readFileSync(join(out, name))
  console.log(`${name}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} zipped`)
}
