import type { Millis } from "../../src/lib/clock.ts";
import { SECOND } from "../../src/lib/clock.ts";
import { RECOVERY_CLASSES, recoveryBound } from "./recovery.ts";
import type { Results } from "./results.ts";

/** The share of ambiguous outcomes that is settled without a person. */
const SETTLED_SHARE = 0.99;

/** Whether a run was as it must be. Of fewer than a hundred ambiguous outcomes one may be left to a person. */
export function isGood({ violations, ambiguous, tries }: Results): boolean {
  const isSettled = ambiguous.unconfirmed <= Math.max(1, ambiguous.tasks * (1 - SETTLED_SHARE));
  return violations.length === 0 && tries.found === tries.tries && isSettled;
}

export function duplicatesIn({ violations }: Results): number {
  return violations.filter(({ kind }) => kind === "duplicate").length;
}

export function lostIn({ violations, tries }: Results): number {
  return violations.filter(({ kind }) => kind === "lost").length + tries.tries - tries.found;
}

function settledShare({ tasks, unconfirmed }: Results["ambiguous"]): number {
  return tasks === 0 ? 1 : (tasks - unconfirmed) / tasks;
}

/** The report of a run, as lines. */
export function reportOf(results: Results): string[] {
  const { options, kills, lies, cuts, ambiguous, tries, told, took, violations } = results;
  const early = violations.filter(({ kind }) => kind === "early").length;
  const lines = [
    ["seed", `${options.seed}, SETTLE_SCALE ${options.scale}`],
    ["posts", `${results.posts}, tasks ${listed(Object.entries(results.tasks))}, commits ${results.commits}`],
    ["kills", `${kills.total} (${listed([...kills.byKind, ["accepted", tries.kills]])})`],
    ["faults", `${sum(lies.values()) + cuts.own} (${listed([...lies].sort())}; requests cut ${cuts.own})`],
    ["answers", `${listed([...results.answers])}; broken by a kill ${cuts.broken}`],
    ["duplicates", duplicatesIn(results)],
    ["lost", lostIn(results)],
    ["early", early],
    ["unconfirmed", results.tasks.unconfirmed ?? 0],
    ["ambiguous", `${ambiguous.tasks}, settled ${(100 * settledShare(ambiguous)).toFixed(1)} %`],
    ["202, then killed", `${tries.tries}, there after the restart ${tries.found}`],
    ["events", told.events],
    ["received", `${told.received} (duplicates ${told.duplicates}), missing ${told.missing}`],
    ["endpoint's faults", `${listed([...told.faults].sort())}; sent again by hand ${told.sentAgain}`],
    ...RECOVERY_CLASSES.map((name) => [`recovery, ${name}`, recoveryLine(results, name)] as const),
    ["start-up", `mean ${seconds(results.startUps.mean)}, slowest ${seconds(results.startUps.slowest)}`],
    [
      "took",
      `${seconds(took.total)}, of which until quiet ${seconds(took.untilQuiet)}, until all was told ${seconds(took.untilTold)}`,
    ],
  ] as const;
  return [
    ...lines.map(([name, value]) => `${name.padEnd(26)}${value}`),
    ...violations.map(({ of, what }) => `VIOLATION ${of}: ${what}`),
  ];
}

function recoveryLine({ recoveries, options }: Results, name: (typeof RECOVERY_CLASSES)[number]): string {
  const recovery = recoveries.get(name);
  const bounds = `bound ${seconds(recoveryBound(name, options.scale))}, at scale 1 ${seconds(recoveryBound(name, 1))}`;
  if (!recovery || recovery.count === 0) return `none; ${bounds}`;
  const { count, slowest, slowestOfRepeated } = recovery;
  return `${count}, slowest ${seconds(slowest)}, interrupted repeatedly ${seconds(slowestOfRepeated)}; ${bounds}`;
}

function listed(entries: readonly (readonly [unknown, number])[]): string {
  return entries.map(([name, count]) => `${name} ${count}`).join(", ");
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}

function seconds(span: Millis): string {
  return `${(span / SECOND).toFixed(1)} s`;
}
