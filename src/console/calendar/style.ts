import { asset } from "../frame/assets.ts";

/** Days in seven columns, or, where there is no room for them, one below the other. */
export const CALENDAR_STYLE = asset(
  "calendar",
  "text/css",
  `
.weekdays { display: none }
.grid { display: grid; gap: .5rem }
.day { display: flex; flex-direction: column; gap: .375rem; min-width: 0; padding: .625rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--paper) }
.day.none:not(.today) { display: none }
.day > header { display: flex; align-items: center; justify-content: space-between; min-height: 1.75rem }
.day h2 { font-size: .875rem }
.day .number { display: none }
.day .new { display: grid; place-items: center; width: 1.75rem; height: 1.75rem; border-radius: .375rem; color: var(--soft); font-size: 1.125rem; line-height: 1; text-decoration: none }
.day .new:hover { background: var(--hover); color: var(--ink) }
.chip { display: grid; grid-template-columns: auto minmax(0, 1fr); justify-items: start; gap: .125rem .5rem; padding: .375rem .5rem; border-radius: .375rem; background: var(--ground); color: inherit; font-size: .8125rem; line-height: 1.375; text-decoration: none }
.chip:hover { background: var(--hover) }
.chip > :not(.thumb) { grid-column: 2 }
.chip:not(:has(.thumb)) > * { grid-column: 1 / -1 }
.chip .thumb { grid-row: 1 / span 3; width: 2.25rem; height: 2.25rem }
.chip .row { gap: .375rem; font-variant-numeric: tabular-nums; font-weight: 600 }
.chip .words { max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.chip .badge { max-width: 100%; padding: 0 .375rem; font-size: .6875rem; line-height: 1.125rem; white-space: normal }
.chip .mark { width: .9375rem; height: .9375rem }
.line { display: flex; align-items: center; gap: .625rem; min-width: 12rem }
.line .thumb { width: 2.25rem; height: 2.25rem }
.period { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .75rem }
.period h2 { margin-right: auto; font-size: 1.1875rem }
.switch.views { width: max-content }
@media (min-width: 64rem) {
  .weekdays, .grid { display: grid; grid-template-columns: repeat(7, minmax(0, 1fr)); gap: 0 }
  .weekdays { padding-bottom: .25rem; color: var(--soft); font-size: .8125rem; font-weight: 600 }
  .weekdays li { padding: 0 .5rem }
  .grid { border: 1px solid var(--line); border-radius: .5rem; background: var(--paper); overflow: hidden }
  .day, .day.none:not(.today) { display: flex; min-height: 7rem; padding: .375rem; border: 0; border-radius: 0; outline: 1px solid var(--line) }
  .day .short { display: none }
  .day .number { display: inline-grid; place-items: center; min-width: 1.625rem; height: 1.625rem; padding: 0 .25rem; border-radius: 1rem }
  .day.today .number { background: var(--accent); color: var(--on-accent) }
  .chip > :not(.thumb) { grid-column: 1 / -1 }
  .from-1 { grid-column-start: 2 } .from-2 { grid-column-start: 3 } .from-3 { grid-column-start: 4 }
  .from-4 { grid-column-start: 5 } .from-5 { grid-column-start: 6 } .from-6 { grid-column-start: 7 }
  .week .day { min-height: 16rem }
  .chip .thumb { grid-row: auto; grid-column: 1 / -1; width: 100%; height: 3.5rem }
}
`,
);
