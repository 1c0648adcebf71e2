/*
 * CSV as RFC 4180 has it, to be opened in a spreadsheet by somebody who did not write what is in it.
 */

/** What a spreadsheet takes for the beginning of a formula, in whatever width it is written. */
const FORMULA = /^[\s]*[=+\-@\t\r＝＋－＠]/;

/** Prints rows, the names of the columns first, with a CRLF behind each. */
export function printCsv(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => `${row.map(printCell).join(",")}\r\n`).join("");
}

/** A text that a spreadsheet would work out is marked as text: by an apostrophe, which it does not show. */
function printCell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
