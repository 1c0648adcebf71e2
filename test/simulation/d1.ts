import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SQLInputValue, StatementSync } from "node:sqlite";
import { DatabaseSync } from "node:sqlite";
import type { Millis } from "../../src/lib/clock.ts";
import type { Crossings } from "./crossing.ts";
import type { Faults } from "./faults.ts";
import { edited } from "./mutations.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/*
 * D1: the real SQLite with the real migrations behind a network.
 */

const MIGRATIONS = "migrations";

/** Notes what becomes of deliveries, for nothing of it shows in the end. */
const WATCHED = `
  CREATE TABLE simulation_moves (what TEXT NOT NULL);
  CREATE TRIGGER simulation_moved AFTER UPDATE OF status ON deliveries WHEN old.status <> new.status
    BEGIN INSERT INTO simulation_moves VALUES ('delivery: ' || old.status || ' to ' || new.status); END;
  CREATE TRIGGER simulation_born_held AFTER INSERT ON deliveries WHEN new.status = 'held'
    BEGIN INSERT INTO simulation_moves VALUES ('delivery: held from the beginning'); END;
  CREATE TRIGGER simulation_recovered AFTER INSERT ON deliveries WHEN EXISTS (SELECT 1 FROM events WHERE id = new.event_id)
    BEGIN INSERT INTO simulation_moves VALUES ('delivery: recovered'); END;
  CREATE TRIGGER simulation_silenced AFTER UPDATE OF active ON webhooks WHEN old.active AND NOT new.active
    BEGIN INSERT INTO simulation_moves VALUES ('endpoint silenced'); END;
  CREATE TRIGGER simulation_claimed AFTER UPDATE OF claimed_until ON deliveries WHEN new.claimed_until IS NOT NULL
    BEGIN INSERT INTO simulation_moves VALUES (iif(old.claimed_until IS NOT NULL, 'delivery: its claim ended',
      iif(new.status = 'held', 'delivery: on trial', 'delivery: claimed'))); END;
  CREATE TRIGGER simulation_holding AFTER UPDATE OF probe_at ON webhooks WHEN (old.probe_at IS NULL) <> (new.probe_at IS NULL)
    BEGIN INSERT INTO simulation_moves VALUES (iif(new.probe_at IS NULL, 'endpoint released', 'endpoint held')); END;
`;

type Dump = ReadonlyMap<string, Record<string, unknown>[]>;

/** SQLite in memory with the project's schema. One serves all seeds of a process, emptied in between. */
export class Sqlite {
  readonly #database = new DatabaseSync(":memory:");
  readonly #statements = new Map<string, { rows: StatementSync; arrays: StatementSync; answersRows: boolean }>();
  readonly #tables: string[];

  constructor() {
    const folder = join(import.meta.dirname, "../..", MIGRATIONS);
    for (const file of readdirSync(folder).sort()) {
      if (!file.endsWith(".sql")) continue;
      const source = readFileSync(join(folder, file), "utf8");
      this.#database.exec(edited(`${MIGRATIONS}/${file}`, source));
    }
    this.#database.exec(WATCHED);
    // Every seed begins with an empty log.
    this.#database.exec("DROP TRIGGER audit_log_is_not_shortened");
    const tables = this.#database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    this.#tables = tables.map((row) => String(row.name));
  }

  empty(): void {
    for (const table of this.#tables) this.#statement(`DELETE FROM ${table}`).rows.run();
  }

  /** For the simulation itself: without a network. */
  all(sql: string, ...params: SQLInputValue[]): Record<string, unknown>[] {
    return this.#statement(sql).rows.all(...params);
  }

  insert(table: string, row: Record<string, SQLInputValue>): void {
    const names = Object.keys(row);
    const sql = `INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`;
    this.#statement(sql).rows.run(...Object.values(row));
  }

  /** All rows, by table. */
  dump(): Dump {
    return new Map(this.#tables.map((table) => [table, this.all(`SELECT * FROM ${table}`)]));
  }

  /** Puts everything back to what it was. */
  restore(dump: Dump): void {
    this.empty();
    for (const [table, rows] of dump) {
      for (const row of rows) this.insert(table, row as Record<string, SQLInputValue>);
    }
  }

  rows(sql: string, params: SQLInputValue[]): D1Result {
    const { rows, answersRows } = this.#statement(sql);
    if (answersRows)
      return { success: true, results: rows.all(...params), meta: { changes: 0 } } as unknown as D1Result;
    const { changes } = rows.run(...params);
    return { success: true, results: [], meta: { changes } } as unknown as D1Result;
  }

  arrays(sql: string, params: SQLInputValue[]): unknown[][] {
    return this.#statement(sql).arrays.all(...params) as unknown as unknown[][];
  }

  /** All or none. */
  batch<T>(work: () => T): T {
    this.#statement("BEGIN").rows.run();
    try {
      const done = work();
      this.#statement("COMMIT").rows.run();
      return done;
    } catch (error) {
      this.#statement("ROLLBACK").rows.run();
      throw error;
    }
  }

  #statement(sql: string) {
    const known = this.#statements.get(sql);
    if (known) return known;
    const arrays = this.#database.prepare(sql);
    arrays.setReturnArrays(true);
    const answersRows = isRead(sql) || /\breturning\b/i.test(sql);
    const made = { rows: this.#database.prepare(sql), arrays, answersRows };
    this.#statements.set(sql, made);
    return made;
  }
}

const SLOW = { least: 1_000, most: 30_000 };

interface D1Deps {
  sqlite: Sqlite;
  crossings: Crossings;
  faults: Faults;
  random: Random;
  scheduler: Scheduler;
}

/** The binding. */
export class D1 {
  /** While it is away every call is refused. */
  awayUntil: Millis = 0;
  /** While it takes no writes reads still work. */
  readOnlyUntil: Millis = 0;
  readonly #deps: D1Deps;

  constructor(deps: D1Deps) {
    this.#deps = deps;
  }

  prepare(sql: string): Statement {
    return new Statement(this, sql, []);
  }

  async batch(statements: Statement[]): Promise<D1Result[]> {
    const { sqlite } = this.#deps;
    const first = statements.find(({ sql }) => !isRead(sql)) ?? statements[0];
    return this.call(`batch ${placeOf(first?.sql ?? "")}`, !statements.every(({ sql }) => isRead(sql)), () =>
      sqlite.batch(() => statements.map(({ sql, params }) => sqlite.rows(sql, params))),
    );
  }

  call<T>(place: string, isWrite: boolean, effect: () => T): Promise<T> {
    const { crossings, faults, random, scheduler } = this.#deps;
    const isAway = scheduler.now < (isWrite ? Math.max(this.awayUntil, this.readOnlyUntil) : this.awayUntil);
    const isRefused = isAway || faults.strikes("d1 refused", place);
    const isLost = !isRefused && faults.strikes("d1 answer lost", place);
    return crossings.call({
      place: `d1 ${place}`,
      effect: () => {
        try {
          return effect();
        } catch (error) {
          throw new Error(`D1_ERROR: ${error instanceof Error ? error.message : "unknown"}`);
        }
      },
      refusal: isRefused ? new Error("D1_ERROR: Network connection lost.") : null,
      lostAnswer: isLost ? new Error("D1_ERROR: Network connection lost.") : null,
      delay: faults.strikes("d1 slow", place) ? random.whole("d1 slow", SLOW.least, SLOW.most) : 0,
    });
  }

  get sqlite(): Sqlite {
    return this.#deps.sqlite;
  }
}

class Statement {
  readonly #d1: D1;
  readonly sql: string;
  readonly params: SQLInputValue[];

  constructor(d1: D1, sql: string, params: SQLInputValue[]) {
    this.#d1 = d1;
    this.sql = sql;
    this.params = params;
  }

  bind(...params: unknown[]): Statement {
    return new Statement(this.#d1, this.sql, params.map(bindable));
  }

  all(): Promise<D1Result> {
    return this.#call(() => this.#d1.sqlite.rows(this.sql, this.params));
  }

  run(): Promise<D1Result> {
    return this.all();
  }

  raw(): Promise<unknown[][]> {
    return this.#call(() => this.#d1.sqlite.arrays(this.sql, this.params));
  }

  #call<T>(effect: () => T): Promise<T> {
    return this.#d1.call(placeOf(this.sql), !isRead(this.sql), effect);
  }
}

/** As D1 takes values. */
function bindable(value: unknown): SQLInputValue {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === undefined) throw new Error("D1_TYPE_ERROR: Type 'undefined' not supported");
  return value as SQLInputValue;
}

function isRead(sql: string): boolean {
  return /^\s*select/i.test(sql);
}

const places = new Map<string, string>();

/** A statement's verb and table. */
function placeOf(sql: string): string {
  const known = places.get(sql);
  if (known !== undefined) return known;
  const [, verb = "?", table = "?"] =
    /^\s*(insert)\s+into\s+"?(\w+)/i.exec(sql) ??
    /^\s*(update)\s+"?(\w+)/i.exec(sql) ??
    /^\s*(select|delete)\b.*?\bfrom\s+"?(\w+)/is.exec(sql) ??
    [];
  const place = `${verb.toLowerCase()} ${table}`;
  places.set(sql, place);
  return place;
}
