import { setTimeout as sleep } from "node:timers/promises";
import type { Millis } from "../../src/lib/clock.ts";
import { SECOND } from "../../src/lib/clock.ts";
import { drive } from "./load.ts";
import { median, quantile } from "./numbers.ts";
import type { Row } from "./rows.ts";
import type { Side } from "./server.ts";
import type { Stage } from "./stage.ts";

/** One side of a row: of one round, or the medians of all. */
export interface Sample {
  p50: Millis;
  p99: Millis;
  perSecond: number;
  /** Resident, of all processes, in MiB. */
  memory: number;
}

export interface Measured {
  row: Row;
  samples: Record<Side, Sample>;
  /** Of ours by the floor's rate: the median of what each round had, whose two halves met the same machine. */
  ratio: number;
}

const SIDES: readonly Side[] = ["floor", "ours"];
/** Between two rounds: what answers have left to be done is not to be met by the other side. */
const PAUSE: Millis = SECOND / 2;

/** Measures all rows in rounds, in each of which floor and ours alternate. `say` is told how it goes on. */
export async function measure(
  stage: Stage,
  rows: readonly Row[],
  { rounds, span }: { rounds: number; span: Millis },
  say: (line: string) => void,
): Promise<Measured[]> {
  const taken = rows.map((row) => ({ row, rounds: [] as Record<Side, Sample>[] }));
  for (let round = 0; round <= rounds; round++) {
    for (const { row, rounds: done } of taken) {
      const samples: Partial<Record<Side, Sample>> = {};
      for (const side of round % 2 === 0 ? SIDES : SIDES.toReversed()) {
        // The round before the first warms up.
        samples[side] = await sample(stage, row, side, round === 0 ? span / 3 : span);
        await sleep(PAUSE);
      }
      if (round > 0) done.push(samples as Record<Side, Sample>);
    }
    say(round === 0 ? "warm" : `round ${round} of ${rounds}`);
  }
  return taken.map(({ row, rounds: done }) => ({
    row,
    samples: { floor: middle(done.map(({ floor }) => floor)), ours: middle(done.map(({ ours }) => ours)) },
    ratio: median(done.map(({ floor, ours }) => ours.perSecond / floor.perSecond)),
  }));
}

async function sample({ servers }: Stage, row: Row, side: Side, span: Millis): Promise<Sample> {
  const server = servers[side];
  const { latencies, perSecond } = await drive(server.origin, { ...row, span }, () => row.ask(side));
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), perSecond, memory: server.memory() };
}

function middle(samples: readonly Sample[]): Sample {
  const of = (name: keyof Sample) => median(samples.map((each) => each[name]));
  return { p50: of("p50"), p99: of("p99"), perSecond: of("perSecond"), memory: of("memory") };
}
