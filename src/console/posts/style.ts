import { asset } from "../frame/assets.ts";

/** What only the page of one post has. */
export const ONE_POST_STYLE = asset(
  "one-post",
  "text/css",
  `
h4 { margin: 0; font-size: .9375rem }
.results > li { display: grid; grid-template-columns: minmax(0, 1fr); gap: .375rem; padding: .875rem 0 }
.results > li:first-child { padding-top: 0 }
.results > li:last-child { padding-bottom: 0 }
.results > li + li { border-top: 1px solid var(--line) }
.wrong { display: grid; gap: .375rem; padding: .625rem .875rem; border-left: 4px solid var(--bad); border-radius: .25rem; background: var(--bad-soft) }
.wrong ul { margin: 0; padding-left: 1.25rem }
.wrong .soft, .wrong a { color: inherit }
.decision { display: grid; gap: .5rem; padding: .875rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--ground) }
.timeline li { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: .25rem 1rem; padding: .375rem 0 }
.timeline li + li { border-top: 1px solid var(--line) }
.timeline li > time { color: var(--soft); font-size: .8125rem; line-height: 1.4375rem; font-variant-numeric: tabular-nums }
@media (max-width: 30rem) { .timeline li { grid-template-columns: minmax(0, 1fr); gap: 0 } }
.confirm form .field { flex-basis: 100% }
`,
);
