import { violationsOf } from "./invariants.ts";
import type { Scenario, Seen } from "./scenarios.ts";
import { SCENARIOS } from "./scenarios.ts";
import { World } from "./world.ts";

const SEED = 1;

/** Runs a scenario, and says what is not as it has to be. */
export async function runScenario(name: string, onTrace?: (line: string) => void): Promise<string[]> {
  const scenario = SCENARIOS[name];
  if (!scenario) throw new Error(`there is no scenario "${name}"`);
  const { plan, script, excused } = scenario;
  const world = new World(SEED, { plan, script, isCalm: true, ...(onTrace && { onTrace }) });
  await world.run();
  const unmet = world.scripted.map((place) => `nothing has called ${place} so often`);
  const violations = violationsOf(world).filter((violation) => !excused?.test(violation));
  return [...unmet, ...violations, ...differences(scenario, seenOf(world))];
}

function seenOf(world: World): Seen {
  const rows = world.sqlite.all("SELECT state FROM posts ORDER BY id");
  return {
    statuses: rows.flatMap(({ state }) =>
      JSON.parse(String(state)).tasks.map((task: { status: string }) => task.status),
    ),
    shown: world.network.posts.length,
    reached: new Set(world.coverage.reached.keys()),
    requests: world.receivers.received.length,
    accepted: world.client.logs.filter(({ accepted }) => accepted.length > 0).length,
    canceled: world.client.logs.some(({ isCanceled }) => isCanceled),
  };
}

function differences({ expected }: Scenario, seen: Seen): string[] {
  const { reached = [], ...values } = expected;
  const wrong = Object.entries(values).filter(
    ([name, value]) => JSON.stringify(seen[name as keyof typeof values]) !== JSON.stringify(value),
  );
  return [
    ...wrong.map(
      ([name, value]) =>
        `${name} is ${JSON.stringify(seen[name as keyof typeof values])}, not ${JSON.stringify(value)}`,
    ),
    ...reached.filter((label) => !seen.reached.has(label)).map((label) => `"${label}" did not happen`),
  ];
}
