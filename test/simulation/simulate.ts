import { violationsOf } from "./invariants.ts";
import { observeWebhooks } from "./observe.ts";
import type { WorldOptions } from "./world.ts";
import { World } from "./world.ts";

/** What came of one seed. */
export interface Outcome {
  seed: number;
  violations: string[];
  /** The faults that struck, by name, and the posts there were. */
  fired: string[];
  posts: string[];
  hash: number;
  events: number;
  reached: [string, number][];
}

/** Runs one seed to its end. */
export async function simulate(seed: number, options: WorldOptions = {}): Promise<Outcome> {
  const world = new World(seed, options);
  await world.run();
  const violations = violationsOf(world);
  observeWebhooks(world);
  for (const row of world.sqlite.all("SELECT status, state FROM posts")) {
    world.coverage.reach(`post ${row.status}`);
    for (const task of JSON.parse(String(row.state)).tasks) {
      world.coverage.reach(`task ${task.status}`);
      if (task.error?.code === "missed_window") world.coverage.reach("missed its window");
      if ((task.round ?? 1) > 1) world.coverage.reach("a second round");
    }
  }
  return {
    seed,
    violations,
    fired: world.faults.fired,
    posts: world.plan.map(({ name }) => name),
    hash: world.hash,
    events: world.scheduler.events,
    reached: [...world.coverage.reached],
  };
}
