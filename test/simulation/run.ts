import { simulate } from "./simulate.ts";

const print = (line: string) => process.stdout.write(`${line}\n`);
const [from, to, trace] = process.argv.slice(2);
const began = process.hrtime.bigint();
let failed = 0;
for (let seed = Number(from); seed <= Number(to); seed++) {
  const outcome = await simulate(seed, trace ? { onTrace: print } : {});
  if (outcome.violations.length > 0) {
    failed++;
    print(`seed ${seed}: ${outcome.violations.join("; ")} [${outcome.fired.length} faults, ${outcome.events} events]`);
  }
  if (trace)
    print(`${outcome.hash} ${outcome.events} events; ${outcome.fired.join(", ")}; ${JSON.stringify(outcome.reached)}`);
}
const ms = Number(process.hrtime.bigint() - began) / 1e6;
print(`${failed} failed, ${(ms / (Number(to) - Number(from) + 1)).toFixed(1)} ms a seed`);
