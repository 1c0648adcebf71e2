import { setUp } from "./stage.ts";
import { rowsOf } from "./rows.ts";
import { measure } from "./measure.ts";
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
const stage = await setUp(console.log);
try {
  const m = await measure(stage, rowsOf(stage), { rounds: Number(process.argv[2] ?? 2), span: 1500 }, console.log);
  for (const x of m) console.log(x.row.name, x.row.connections, x.ratio.toFixed(2), x.samples);
} finally { await stage.stop(); }
