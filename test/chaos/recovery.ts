import type { Millis } from "../../src/lib/clock.ts";
import { MINUTE } from "../../src/lib/clock.ts";
import type { PlatformId } from "../../src/lib/vocabulary.ts";
import { FIRST_WAKE_GRACE, LEASE, SETTLE_LEASE, settleTiming } from "../../src/post/timing.ts";

/*
 * How long after a restart it takes until what the kill interrupted has recovered. Pure.
 */

/** What a kill interrupts. "Armed": the platform had heard of the commit, so that it may only be settled. */
export const RECOVERY_CLASSES = ["unarmed", "armed instagram", "armed facebook"] as const;
export type RecoveryClass = (typeof RECOVERY_CLASSES)[number];

/** A task as both logs tell of it. */
export interface TaskLife {
  platform: PlatformId;
  /** When it was accepted and its time had come. */
  dueAt: Millis;
  /** When the platform heard of it: of preparations and commits. */
  callsAt: Millis[];
  /** When the platform heard of its commits. */
  commitsAt: Millis[];
  /** When it was seen to be over; null when it never was. */
  endedAt: Millis | null;
}

/** A kill, and when the Worker answered again after it. */
export interface Restart {
  killedAt: Millis;
  readyAt: Millis;
}

export interface Recovery {
  /** How many tasks recovered before another kill interrupted them. */
  count: number;
  /** The slowest of those that no earlier kill had interrupted without their recovering. */
  slowest: Millis;
  /** The slowest of all: each kill may lose another message, which is sent again ever more rarely. */
  slowestOfRepeated: Millis;
}

/**
 * An unarmed task has recovered when the platform hears of it again, or it is over; an armed one when it is over. Counted
 * from the restart after the last kill that interrupted it.
 */
export function recoveries(tasks: readonly TaskLife[], restarts: readonly Restart[]): Map<RecoveryClass, Recovery> {
  const found = new Map<RecoveryClass, Recovery>(
    RECOVERY_CLASSES.map((name) => [name, { count: 0, slowest: 0, slowestOfRepeated: 0 }]),
  );
  for (const task of tasks) {
    let hits = 0;
    restarts.forEach(({ killedAt, readyAt }, index) => {
      if (task.dueAt > killedAt || (task.endedAt !== null && task.endedAt <= killedAt)) return;
      hits += 1;
      const isArmed = task.commitsAt.some((at) => at <= killedAt);
      const signs = [...(isArmed ? [] : task.callsAt.filter((at) => at > killedAt)), task.endedAt ?? []].flat();
      if (signs.length === 0) return;
      const recoveredAt = Math.min(...signs);
      const next = restarts[index + 1];
      if (next && recoveredAt > next.killedAt) return;
      const recovery = found.get(isArmed ? `armed ${task.platform}` : "unarmed");
      if (!recovery) throw new Error("a task of no class");
      const took = Math.max(0, recoveredAt - readyAt);
      recovery.count += 1;
      if (hits === 1) recovery.slowest = Math.max(recovery.slowest, took);
      recovery.slowestOfRepeated = Math.max(recovery.slowestOfRepeated, took);
      hits = 0;
    });
  }
  return found;
}

/** How long absence is read for before it is believed, at scale 1: `docs/architecture.md`, "What is never believed". */
const ABSENCE: Readonly<Record<PlatformId, { span: Millis; from: Millis }>> = {
  instagram: { span: 2 * MINUTE, from: 0 },
  facebook: { span: 5 * MINUTE, from: 10 * MINUTE },
};

/**
 * The longest that recovery takes by the waiting times in `post/timing.ts`, for a task that one kill interrupts and that
 * the platform answers truly from then on.
 */
export function recoveryBound(of: RecoveryClass, scale: number): Millis {
  const sweep = FIRST_WAKE_GRACE;
  // A nudge that was lost is found by the second sweep at the latest, a consumer that died when its lease ends.
  if (of === "unarmed") return Math.max(FIRST_WAKE_GRACE + sweep, LEASE);
  const { span, from } = ABSENCE[of === "armed instagram" ? "instagram" : "facebook"];
  const { silence } = settleTiming(scale);
  // Killed right after arming: the silence, then all readings. Killed while it was settled: the reader's lease first.
  return Math.max(silence + span * scale, from * scale, SETTLE_LEASE + span * scale);
}
