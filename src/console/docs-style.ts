import { TABLE_STYLE } from "./frame/table-style.ts";

/** What is ours of the page. */
const OURS = `
  :root { color-scheme: light dark; --ink: #1c1e21; --soft: #5b5f66; --paper: #fff; --line: #d3d7dc; --accent: #1553c7 }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e4e6e6; --soft: #b3b7bd; --paper: #1c2022; --line: #45474a; --accent: #8ab4f8 }
  }
  body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
  main > section, header { max-width: 1460px; margin: 0 auto; padding: 0 1.25rem; box-sizing: border-box }
  header { padding-top: 2rem }
  h1 { margin: 0 0 1rem; font-size: 2rem; line-height: 1.2 }
  h2 { margin: 2rem 0 .5rem; font-size: 1.375rem }
  p { max-width: 46rem; margin: 0 0 1rem }
  a { color: var(--accent) }
  nav ul { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; padding: 0; margin: 0; list-style: none }
  ${TABLE_STYLE}
  .table { font-size: .9375rem }
  code { font-family: ui-monospace, monospace; font-size: .9375em }
`;

/**
 * What Swagger UI has otherwise: nothing that its page says itself, and nothing that scrolls sideways. On a phone its tables'
 * cells stand below each other. It sets some of this in elements themselves, which only what is important overrules.
 */
const SWAGGER_UI = `
  html .swagger-ui table.headers td.header-col { color: var(--ink) }
  .swagger-ui :is(pre, pre code, pre span) { white-space: pre-wrap !important; overflow-wrap: anywhere; word-break: normal }
  .swagger-ui td.response-col_status { font-weight: 700 }
  .swagger-ui table.headers td { font-weight: 400 }
  .swagger-ui table.headers td:first-child { font-weight: 700 }
  .swagger-ui .response-col_links { display: none !important }
  @media (max-width: 40rem) {
    .swagger-ui .wrapper { padding: 0 1.25rem }
    .swagger-ui .opblock-tag { display: grid; grid-template-columns: minmax(0, 1fr) auto; padding: .75rem 0 .5rem }
    .swagger-ui .opblock-tag small { grid-area: 2 / 1 / auto / -1; padding: 0 }
    .swagger-ui :is(.opblock-section-header, .responses-inner, .table-container, .opblock-description-wrapper) { padding: .5rem .75rem }
    .swagger-ui .opblock-section-header { flex-wrap: wrap; gap: .5rem; height: auto; min-height: 0 }
    .swagger-ui table:not(.model), .swagger-ui table:not(.model) > :is(tbody, tbody > tr), .swagger-ui table:not(.model) > tbody > tr > td { display: block; width: auto; min-width: 0; max-width: none }
    .swagger-ui table:not(.model) > thead { position: absolute; clip-path: inset(50%) }
    .swagger-ui table:not(.model) > tbody > tr { padding: .5rem 0 }
    .swagger-ui .responses-table > tbody > tr + tr { border-top: 1px solid var(--line) }
    .swagger-ui table:not(.model) > tbody > tr > td { padding: .125rem 0 }
    .swagger-ui :is(input, select, textarea) { max-width: 100% !important; min-width: 0 !important }
    .swagger-ui .dialog-ux .modal-ux { width: 100vw; min-width: 0; max-width: 100vw }
  }
  .swagger-ui .info, .swagger-ui .scheme-container .servers-title, .swagger-ui .scheme-container .servers { display: none }
`;

/** The stylesheet of the documentation, for Swagger UI's own to stand before it. */
export const DOCS_STYLE = OURS + SWAGGER_UI;
