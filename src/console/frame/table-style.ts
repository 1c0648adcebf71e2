/** How a `Table` looks, wherever it is: its page says what `--line` and `--soft` are, and may say how far from its edges cells begin. */
export const TABLE_STYLE = `
.table {
  container-type: inline-size;
  --inset: 0;
  table { width: 100%; border-collapse: collapse }
  th, td { padding: .5rem .875rem; text-align: left; vertical-align: baseline }
  thead th { border-bottom: 1px solid var(--line); color: var(--soft); font-size: .8125rem; font-weight: 600 }
  .cards thead th { white-space: nowrap }
  tr > :first-child { padding-left: var(--inset) }
  tr > :last-child { padding-right: var(--inset) }
  tbody tr + tr > * { border-top: 1px solid var(--line) }
  tbody th { font-weight: 600 }
  tbody :is(th, td) { overflow-wrap: break-word }
  .number { text-align: right; font-variant-numeric: tabular-nums }
  .nowrap { white-space: nowrap }
  @container (max-width: 52rem) {
    .cards, .cards tbody { display: block }
    .cards thead, .cards td:empty { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
    .cards tbody tr { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: .375rem 1rem; padding: .75rem var(--inset) }
    .cards tbody tr + tr { border-top: 1px solid var(--line) }
    .cards tbody :is(th, td) { padding: 0; border: 0; text-align: left; white-space: normal; overflow-wrap: anywhere }
    .cards tbody th { order: -1 }
    .cards tbody :is(th, .actions) { grid-column: 1 / -1 }
    .cards tbody td:not(.actions) { display: flow-root; padding-left: 6.75rem }
    .cards tbody td:not(.actions)::before { content: attr(data-label) / ""; float: left; width: 6.5rem; margin-left: -6.75rem; color: var(--soft); font-size: .8125rem; line-height: 1.40625rem }
  }
}
`;
