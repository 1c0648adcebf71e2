import { asset } from "../frame/assets.ts";

/** Numbers and plots. */
export const OVERVIEW_STYLE = asset(
  "overview",
  "text/css",
  `
.figure { font-size: 1.5rem; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums }
.figure .soft { font-weight: 400 }
.figures { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 0 }
.figures dt { color: var(--soft); font-size: .8125rem }
.figures dt::before { content: ""; display: inline-block; width: 1.25rem; margin-right: .375rem; border-top: 2px solid var(--accent); vertical-align: .25rem }
.figures .side dt::before { border-top: 2px dashed var(--edge) }
.figures dd { margin: 0 }
.totals { display: grid; grid-template-columns: repeat(auto-fill, minmax(11.25rem, 1fr)); gap: .625rem }
.totals a { display: grid; justify-items: start; gap: .25rem; padding: .625rem .75rem; border: 1px solid var(--line); border-radius: .5rem; color: inherit; text-decoration: none }
.totals a:hover { background: var(--hover) }
@media (max-width: 30rem) {
  .totals { grid-template-columns: repeat(2, minmax(0, 1fr)) }
  .totals a { height: 100%; padding: .5rem }
  .totals .badge { white-space: normal }
}
.measures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); gap: 1.25rem }
.measures .card { align-content: start }
.plot { display: block; width: 100%; height: auto; border-bottom: 1px solid var(--edge) }
.plot .ok { fill: var(--ok) } .plot .bad { fill: var(--bad) } .plot .info { fill: var(--info) } .plot .calm { fill: var(--edge) }
.plot .now { fill: var(--hover) }
.plot polyline { fill: none; stroke-width: 2 }
.plot .main polyline { stroke: var(--accent) } .plot .main circle { fill: var(--accent) }
.plot .side polyline { stroke: var(--edge); stroke-dasharray: 5 4 } .plot .side circle { fill: var(--edge) }
.axis { display: flex; justify-content: space-between; gap: .5rem; margin-top: -.75rem }
.legend li::before { content: ""; display: inline-block; width: .75rem; height: .75rem; margin-right: .375rem; border-radius: .1875rem; vertical-align: -.0625rem }
.legend .ok::before { background: var(--ok) } .legend .bad::before { background: var(--bad) } .legend .info::before { background: var(--info) }
.legend .calm::before { background: var(--edge) } .legend .now::before { background: var(--hover); border: 1px solid var(--line) }
.numbers summary { width: max-content; min-height: 1.5rem; color: var(--accent); font-size: .875rem; cursor: pointer }
.numbers[open] summary { margin-bottom: .5rem }
.numbers .scroll { max-height: 20rem; overflow: auto }
`,
);
