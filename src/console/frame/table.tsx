import type { Child } from "hono/jsx";

/** A column of a `Table`. */
export interface Column {
  /** Heads the column; where rows stand as cards it stands beside each cell. */
  title: string;
  /**
   * `name`: its cells name their rows. `number`: they are numbers. `nowrap`: they are not broken. `actions`: they are forms that
   * say themselves what they do, and the title is for screen readers.
   */
  kind?: "name" | "number" | "nowrap" | "actions";
}

/**
 * A table; where there is no room for its columns each row stands as a card. The roles say what browsers forget of a table
 * that is laid out as anything else.
 *
 * @param rows each with a cell for every column; a cell that is null is empty
 */
export function Table(view: { label: string; columns: readonly Column[]; rows: readonly (readonly Child[])[] }) {
  const { label, columns, rows } = view;
  // One or two numbers beside a name fit anywhere, and are compared down their columns.
  const isNarrow = columns.length <= 3 && columns.every(({ kind }) => kind === "name" || kind === "number");
  return (
    <div class="table">
      <table {...role("table")} aria-label={label} {...(!isNarrow && { class: "cards" })}>
        <thead {...role("rowgroup")}>
          <tr {...role("row")}>
            {columns.map((column) => (
              <ColumnHead column={column} />
            ))}
          </tr>
        </thead>
        <tbody {...role("rowgroup")}>
          {rows.map((cells) => (
            <tr {...role("row")}>
              {columns.map((column, index) => (
                <Cell column={column}>{cells[index]}</Cell>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ColumnHead({ column: { title, kind } }: { column: Column }) {
  return (
    <th scope="col" {...role("columnheader")} {...(kind !== undefined && { class: kind })}>
      {kind === "actions" ? <span class="visually-hidden">{title}</span> : title}
    </th>
  );
}

function Cell({ column: { title, kind }, children }: { column: Column; children?: Child }) {
  if (kind === "name") {
    return (
      <th scope="row" {...role("rowheader")}>
        {children}
      </th>
    );
  }
  return (
    <td {...role("cell")} {...(kind !== undefined && { class: kind })} data-label={title}>
      {children}
    </td>
  );
}

function role(name: string) {
  return { role: name };
}
