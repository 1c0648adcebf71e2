import type { Child } from "hono/jsx";
import type { Quantiles, Statistics, StatisticsReport } from "../../post/statistics.ts";
import { Card } from "../frame/components.tsx";
import { Table } from "../frame/table.tsx";
import { Lines } from "./plot.tsx";
import { OVERVIEW } from "./strings.ts";

/*
 * How well it goes: success, lateness, webhooks. Each as a number, as a plot by day, and as a table.
 */

type Days = StatisticsReport["days"];

/** Which line shows what. */
const KINDS = { p50: "main", p99: "side" } as const;

export function SuccessCard({ report }: { report: StatisticsReport }) {
  const words = OVERVIEW.success;
  const values = report.days.map(({ successRate }) => successRate);
  return (
    <Measure id="success" words={words} isEmpty={report.successRate === null}>
      <p class="figure">{percent(report.successRate ?? 0)}</p>
      <Lines alt={words.alt} lines={[{ kind: "main", values }]} top={1} />
      <Axis days={report.days} top={percent(1)} />
      <ByDay
        label={words.alt}
        columns={[words.title]}
        rows={rowsOf(report.days, ({ successRate }) => (successRate === null ? null : [percent(successRate)]))}
      />
    </Measure>
  );
}

/** @param view.of picks the delays that the card is about */
export function DelayCard(view: {
  id: "lateness" | "webhooks";
  report: StatisticsReport;
  of: (each: Statistics) => Quantiles | null;
}) {
  const { report, of } = view;
  const words = OVERVIEW[view.id];
  const whole = of(report);
  const lines = (["p99", "p50"] as const).map((name) => ({
    kind: KINDS[name],
    values: report.days.map((day) => of(day)?.[name] ?? null),
  }));
  const top = Math.max(1, ...report.days.map((day) => of(day)?.p99 ?? 0));
  return (
    <Measure id={view.id} words={words} isEmpty={whole === null}>
      {whole === null ? null : (
        <dl class="figures">
          {(["p50", "p99"] as const).map((name) => (
            <div class={KINDS[name]}>
              <dt>{OVERVIEW[name]}</dt>
              <dd class="figure">
                {duration(whole[name])} <span class="soft small">{OVERVIEW.count(whole.count)}</span>
              </dd>
            </div>
          ))}
        </dl>
      )}
      <Lines alt={words.alt} lines={lines} top={top} />
      <Axis days={report.days} top={duration(top)} />
      <ByDay
        label={words.alt}
        columns={[OVERVIEW.p50, OVERVIEW.p99]}
        rows={rowsOf(report.days, (day) => {
          const found = of(day);
          return found === null ? null : [duration(found.p50), duration(found.p99)];
        })}
      />
    </Measure>
  );
}

function Measure(view: {
  id: string;
  words: { title: string; lead: string; none: string };
  isEmpty: boolean;
  children: Child;
}) {
  const { id, words, isEmpty, children } = view;
  return (
    <Card id={id} title={words.title} lead={words.lead}>
      {isEmpty ? <p class="soft">{words.none}</p> : children}
    </Card>
  );
}

/** From when until when a plot goes, and how high. */
export function Axis({ days, top }: { days: Days; top: string | null }) {
  return (
    <p class="soft small axis">
      <span>{days.at(0)?.day}</span>
      {top === null ? null : <span>{OVERVIEW.upTo(top)}</span>}
      <span>{days.at(-1)?.day}</span>
    </p>
  );
}

/** What a plot shows, in numbers. */
export function ByDay(view: { label: string; columns: readonly string[]; rows: readonly (readonly string[])[] }) {
  const { label, columns, rows } = view;
  return (
    <details class="numbers">
      <summary>
        {OVERVIEW.table}
        <span class="visually-hidden">: {label}</span>
      </summary>
      <Table
        label={label}
        columns={[
          { title: OVERVIEW.day, kind: "name" },
          ...columns.map((title) => ({ title, kind: "number" as const })),
        ]}
        rows={rows}
      />
    </details>
  );
}

/** @param cellsOf null: the day has nothing, and no row */
export function rowsOf(days: Days, cellsOf: (day: Days[number]) => readonly string[] | null): string[][] {
  return days.flatMap((day) => {
    const cells = cellsOf(day);
    return cells === null ? [] : [[day.day, ...cells]];
  });
}

function percent(share: number): string {
  return new Intl.NumberFormat("en-GB", { style: "percent", maximumFractionDigits: 1 }).format(share);
}

/** "340 ms", "2.1 s", "3 min", "5 h". */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`;
  return `${Number((seconds / 3_600).toFixed(1))} h`;
}
