import type { Database } from "../db/database.ts";
import type { ExportedKind, ExportedRow } from "../db/export.ts";
import { EXPORTED, readExportPage } from "../db/export.ts";

/** Rows of one kind, as many as one reading finds. */
export interface ExportedPage {
  kind: ExportedKind;
  rows: ExportedRow[];
}

/** Rows that are held at once. */
const PAGE = 200;

/** Everything of a workspace but its secrets, read page by page: no more than one page is held at once. */
export async function* exportWorkspace({ db }: { db: Database }, workspaceId: string): AsyncGenerator<ExportedPage> {
  for (const kind of Object.keys(EXPORTED) as ExportedKind[]) {
    let after: Awaited<ReturnType<typeof readExportPage>>["next"] = null;
    do {
      const { rows, next } = await readExportPage(db, workspaceId, kind, { after, limit: PAGE });
      if (rows.length > 0) yield { kind, rows };
      after = next;
    } while (after !== null);
  }
}
