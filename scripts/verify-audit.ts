import { createReadStream } from "node:fs";
import { parseArgs } from "node:util";
import { verifyExport } from "../src/audit/verify.ts";
import { Failure } from "./start/failure.ts";

/*
 * `npm run verify-audit -- export.jsonl`: computes the seals of an exported audit log again. Asks nobody: the file is all
 * there is to it.
 */

const USAGE = "Try: npm run verify-audit -- export.jsonl, with --after HASH for one that begins behind a seal.";

async function main(): Promise<void> {
  const { file, after } = readArguments();
  const verdict = await verifyExport(linesOf(file), after);
  if (!verdict.isGood) throw new Failure(`NOT OK: ${file}, line ${verdict.at}: ${verdict.problem}.`);
  const { lines, seals, unsealed, lastHash } = verdict;
  console.log(`OK: ${count(lines, "line")}, ${count(seals, "seal")}; ${unsealed} not sealed yet.`);
  if (lastHash !== null)
    console.log(`The last seal is ${lastHash}. Keep it where the deployment's owner cannot change it.`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = "";
  try {
    for await (const chunk of createReadStream(file, "utf8")) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  if (rest !== "") yield rest;
}

function readArguments(): { file: string; after: string | null } {
  try {
    const { values, positionals } = parseArgs({ options: { after: { type: "string" } }, allowPositionals: true });
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw new Failure(`Name one file. ${USAGE}`);
    return { file, after: values.after ?? null };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${error instanceof Error ? error.message : error}. ${USAGE}`);
  }
}

main().catch((error: unknown) => {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exit(1);
});
