import { TABLE_STYLE } from "./table-style.ts";

/**
 * The one stylesheet of the console. Text has a contrast of 4.5:1 or more with what it stands on, and the edges of controls
 * 3:1, in light and in dark.
 */
export const STYLE = `
:root { color-scheme: light dark; --ground: #f5f6f8; --paper: #fff; --ink: #1b1f24; --soft: #57606a; --line: #d8dee4; --edge: #848d97; --hover: #eceff2;
  --accent: #1a56db; --on-accent: #fff; --accent-soft: #e6eefc;
  --ok: #116329; --ok-soft: #dcf5e3; --warn: #744600; --warn-soft: #fff1cc; --bad: #a40e26; --bad-soft: #ffe8e8; --info: #0b408f; --info-soft: #e2edff; --calm: #4a525b; --calm-soft: #e9ecef }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0f1317; --paper: #171c22; --ink: #e6e9ed; --soft: #9da7b2; --line: #2d343c; --edge: #717b86; --hover: #20262d;
    --accent: #8ab4f8; --on-accent: #0d1520; --accent-soft: #1a2a44;
    --ok: #7ee2a0; --ok-soft: #12311f; --warn: #f2cc60; --warn-soft: #33270a; --bad: #ff9d9d; --bad-soft: #3d161a; --info: #9cc4ff; --info-soft: #132846; --calm: #b9c2cc; --calm-soft: #2a3138 }
}
*, ::before, ::after { box-sizing: border-box }
html { scrollbar-gutter: stable; -webkit-text-size-adjust: 100% }
body { display: flex; flex-direction: column; min-height: 100vh; margin: 0; background: var(--ground); color: var(--ink); font: .9375rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { margin: 0; font-size: 1.375rem; line-height: 1.3; font-weight: 650 }
h2 { margin: 0; font-size: 1.0625rem; line-height: 1.4; font-weight: 650 }
h3 { margin: 0; font-size: .9375rem; font-weight: 650 }
p { margin: 0 }
a { color: var(--accent) }
ul.plain, ol.plain { margin: 0; padding: 0; list-style: none }
code, .mono { font-family: ui-monospace, monospace; font-size: .9em }
.soft { color: var(--soft) }
.small { font-size: .8125rem }
.nowrap { white-space: nowrap }
.stack { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .75rem }
.end { margin-left: auto }
.visually-hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.skip { position: absolute; left: .5rem; top: -4rem; z-index: 10; padding: .5rem 1rem; background: var(--paper); border-radius: .375rem }
.skip:focus { top: .5rem }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .25rem }
main:focus { outline: none }

.top { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .75rem; padding: .5rem 1rem; background: var(--paper); border-bottom: 1px solid var(--line) }
.brand { font-weight: 700; letter-spacing: -.01em; color: inherit; text-decoration: none }
.menu { position: relative }
.menu > summary { display: flex; align-items: center; gap: .375rem; min-height: 2.25rem; max-width: 15rem; padding: 0 .625rem; border-radius: .375rem; cursor: pointer; list-style: none }
.menu > summary::-webkit-details-marker { display: none }
.menu > summary::after { content: ""; flex: none; width: .375rem; height: .375rem; border: solid currentColor; border-width: 0 1.5px 1.5px 0; transform: translateY(-25%) rotate(45deg) }
.menu > summary:hover, .menu[open] > summary { background: var(--hover) }
.menu > summary > span { overflow: hidden; white-space: nowrap; text-overflow: ellipsis }
.menu > div { position: absolute; z-index: 5; top: calc(100% + .25rem); left: 0; min-width: 13rem; max-width: calc(100vw - 2rem); padding: .375rem; background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; box-shadow: 0 8px 24px rgb(0 0 0 / .16) }
.menu.end > div { left: auto; right: 0 }
.menu a, .menu button { display: flex; align-items: center; width: 100%; min-height: 2.25rem; padding: .25rem .625rem; border: 0; border-radius: .25rem; background: none; color: inherit; font: inherit; text-align: left; text-decoration: none; cursor: pointer }
.menu a:hover, .menu button:hover { background: var(--hover) }
.menu [aria-current] { font-weight: 650 }
.menu p { padding: .25rem .625rem }
.switch { display: flex; padding: 2px; background: var(--calm-soft); border-radius: .5rem }
.switch a { display: flex; align-items: center; min-height: 1.875rem; padding: 0 .75rem; border-radius: .375rem; color: var(--calm); font-size: .875rem; text-decoration: none }
.switch a[aria-current] { background: var(--paper); color: var(--ink); font-weight: 650; box-shadow: 0 1px 2px rgb(0 0 0 / .2) }
.test-mode { padding: .25rem 1rem; background: var(--warn-soft); color: var(--warn); font-size: .8125rem }

.pages { display: flex; flex-wrap: wrap; gap: .125rem; padding: .25rem .625rem; background: var(--paper); border-bottom: 1px solid var(--line) }
.pages a { display: flex; align-items: center; min-height: 2.25rem; padding: 0 .375rem; border-radius: .375rem; color: var(--soft); font-size: .875rem; text-decoration: none }
.pages a:hover { background: var(--hover); color: var(--ink) }
.pages a[aria-current] { background: var(--accent-soft); color: var(--accent); font-weight: 650 }
main { display: grid; grid-template-columns: minmax(0, 1fr); align-content: start; gap: 1.25rem; width: 100%; max-width: 72rem; padding: 1.25rem 1rem 4rem }
@media (min-width: 60rem) {
  .frame { display: grid; grid-template-columns: 13rem minmax(0, 1fr); flex: 1 }
  .pages { flex-direction: column; flex-wrap: nowrap; padding: 1rem .75rem; border: 0; border-right: 1px solid var(--line) }
  .pages a { padding: 0 .75rem; font-size: inherit }
  main { padding: 1.75rem 2.25rem 4rem }
}
.narrow main { max-width: 30rem; margin: 0 auto; padding-top: 3rem }

.head { display: flex; flex-wrap: wrap; align-items: flex-start; justify-content: space-between; gap: .75rem 1rem }
.back { display: inline-flex; align-items: center; gap: .25rem; min-height: 1.5rem; font-size: .875rem }
.back::before { content: "‹" / "" }
.head p { max-width: 44rem; margin-top: .25rem; color: var(--soft) }
.card { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; padding: 1.25rem; background: var(--paper); border: 1px solid var(--line); border-radius: .625rem }
.card > header { display: grid; gap: .125rem }
.card > header p { color: var(--soft) }

.button { display: inline-flex; align-items: center; justify-content: center; min-height: 2.25rem; padding: .25rem .875rem; border: 1px solid var(--edge); border-radius: .375rem; background: var(--paper); color: var(--ink); font: inherit; font-weight: 550; text-decoration: none; cursor: pointer }
.button:hover { background: var(--hover) }
.button.primary { border-color: var(--accent); background: var(--accent); color: var(--on-accent) }
.button.primary:hover { filter: brightness(1.08) }
.button.danger { border-color: var(--bad); color: var(--bad) }
.button.danger:hover { background: var(--bad-soft) }
.button[disabled] { opacity: .6; cursor: default }
.wide-button { width: 100%; min-height: 2.75rem }

form.fields { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; max-width: 34rem }
form.filter { display: flex; flex-wrap: wrap; align-items: end; gap: .75rem }
form.filter label > .soft { display: none }
form.filter .field { flex: 1 1 9rem; max-width: 16rem }
.field { display: grid; gap: .25rem; margin: 0; padding: 0; border: 0; min-width: 0 }
.field > label:not(.choice), .field > legend { padding: 0; font-weight: 600 }
.field:has(> label:nth-of-type(8)) { grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)) }
.field > :is(.hint, .error) { grid-column: 1 / -1 }
.field .hint { color: var(--soft); font-size: .8125rem }
.error { color: var(--bad); font-size: .875rem; font-weight: 550 }
input, select, textarea { font: inherit; color: inherit }
.input { width: 100%; min-height: 2.25rem; padding: .375rem .625rem; border: 1px solid var(--edge); border-radius: .375rem; background: var(--paper); color: var(--ink) }
.input.fit { flex: 1 1 8rem; width: auto; max-width: 14rem }
.input[aria-invalid] { border-color: var(--bad); box-shadow: inset 0 0 0 1px var(--bad) }
.choice { display: flex; align-items: flex-start; gap: .625rem; padding: .25rem 0; cursor: pointer }
.choice input { flex: none; width: 1.125rem; height: 1.125rem; margin: .1875rem 0 0; accent-color: var(--accent) }
.choice small { display: block; color: var(--soft) }

.notice { padding: .625rem .875rem; border-left: 4px solid var(--info); border-radius: .25rem; background: var(--info-soft) }
.notice.ok { border-color: var(--ok); background: var(--ok-soft) }
.notice.warn { border-color: var(--warn); background: var(--warn-soft) }
.notice.bad { border-color: var(--bad); background: var(--bad-soft) }
.badge { display: inline-flex; align-items: center; padding: 0 .5rem; border-radius: 1rem; background: var(--calm-soft); color: var(--calm); font-size: .8125rem; font-weight: 600; line-height: 1.375rem; white-space: nowrap }
.badge.ok { background: var(--ok-soft); color: var(--ok) }
.badge.warn { background: var(--warn-soft); color: var(--warn) }
.badge.bad { background: var(--bad-soft); color: var(--bad) }
.badge.info { background: var(--info-soft); color: var(--info) }

${TABLE_STYLE}
.table { --inset: .875rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--paper) }
tbody th .soft { font-weight: 400 }
.table td:has(> code) { min-width: 8rem; overflow-wrap: anywhere }
dl.facts { display: grid; grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr); gap: .375rem 1.25rem; margin: 0 }
dl.facts dt { color: var(--soft) }
dl.facts dd { margin: 0 }
@media (max-width: 30rem) {
  .top { display: grid; grid-template-columns: auto minmax(0, 1fr); justify-items: start }
  .top { position: relative }
  .top > * { max-width: 100% }
  .menu { position: static }
  .menu > div, .menu.end > div { left: .5rem; right: .5rem }
  .card { padding: 1rem }
  .card .table { --inset: 0; border-width: 1px 0 0; border-radius: 0 }
  dl.facts { grid-template-columns: 6rem minmax(0, 1fr); column-gap: .75rem }
  dl.facts dt { font-size: .8125rem; line-height: 1.40625rem }
}
.face { display: inline-flex; flex: none; align-items: center; justify-content: center; width: 2.5rem; height: 2.5rem; border-radius: 50%; background: var(--calm-soft); color: var(--calm); font-size: .875rem; font-weight: 650; object-fit: cover }
.account { flex-wrap: nowrap; min-width: 12rem }
.code { margin: .5rem 0 0; padding: .625rem; border-radius: .375rem; background: var(--calm-soft); font-size: .8125rem; white-space: pre-wrap }
summary { cursor: pointer }
details > p { margin-top: .5rem }
td :is(.button, summary) { white-space: nowrap }
.table:has(.face, .thumb) :is(th, td) { vertical-align: middle }
.table tr:has(details[open]) .nowrap { white-space: normal }
.attempts { min-width: 12rem; margin: .5rem 0 0; padding-left: 1.25rem }
@container (max-width: 52rem) { .attempts { min-width: 0; margin-left: -6.75rem } }
.post { width: 100%; max-width: 32rem }
.post > header { display: flex; gap: .25rem .75rem }
.feed { display: grid; grid-template-columns: minmax(0, 1fr); align-items: start; gap: 1.25rem }
@media (min-width: 75rem) { .feed { grid-template-columns: minmax(0, 32rem) minmax(0, 1fr) } }
.said { white-space: pre-wrap }
.shots { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .25rem }
.shots.one { grid-template-columns: minmax(0, 1fr) }
.shot { display: block; width: 100%; aspect-ratio: 1; border-radius: .375rem; background: var(--calm-soft); object-fit: contain }
.empty { display: grid; justify-items: center; gap: .5rem; padding: 2.5rem 1rem; border: 1px dashed var(--line); border-radius: .625rem; text-align: center; color: var(--soft) }
.empty h2 { color: var(--ink) }
.secret { display: flex; flex-wrap: wrap; gap: .5rem }
.secret .input { flex: 1 1 16rem; width: auto; min-width: 0; font-family: ui-monospace, monospace; font-size: .875rem }
.confirm > summary { list-style: none; width: max-content }
.confirm > summary::-webkit-details-marker { display: none }
.confirm[open] > summary { margin-bottom: .5rem }
.confirm > div { display: grid; gap: .625rem; max-width: 24rem; padding: .75rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--ground); white-space: normal }
@media (prefers-reduced-motion: no-preference) { .button, .pages a, .menu a { transition: background-color .12s } }
`;
