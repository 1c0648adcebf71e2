import { canonicalJson } from "../lib/json.ts";
import type { PrintedSeal } from "./seal.ts";
import { sealHash } from "./seal.ts";

/*
 * PURE: computes the chain of an export again. Knows nothing but the export.
 */

/** What was found. */
export type Verdict =
  | {
      isGood: true;
      lines: number;
      seals: number;
      /** Of the lines those that no seal covers yet: of them nothing is proved. */
      unsealed: number;
      /** The last seal's hash; null when there is none. */
      lastHash: string | null;
    }
  | {
      isGood: false;
      /** Where in the file, from 1. */
      at: number;
      problem: string;
    };

/** What is known on the way through the file. */
interface Progress {
  lines: number;
  seals: number;
  /** The hash of the last seal. */
  hash: string | null;
  /** The canonical JSON of what came since. */
  unsealed: string[];
  hasEnded: boolean;
}

/**
 * Verifies an export.
 *
 * @param texts the lines of the file
 * @param after the hash of the seal after which the export begins; null: it is a whole one
 */
export async function verifyExport(
  texts: Iterable<string> | AsyncIterable<string>,
  after: string | null = null,
): Promise<Verdict> {
  const progress: Progress = { lines: 0, seals: 0, hash: after, unsealed: [], hasEnded: false };
  let at = 0;
  for await (const text of texts) {
    at += 1;
    const problem = await take(progress, text, at);
    if (problem !== null) return { isGood: false, at, problem };
  }
  if (!progress.hasEnded) return { isGood: false, at: at + 1, problem: "the end is missing: the export was cut" };
  const { lines, seals, unsealed, hash } = progress;
  return { isGood: true, lines, seals, unsealed: unsealed.length, lastHash: seals === 0 ? null : hash };
}

/** Takes one line of the file. @returns what does not fit; null when all does */
async function take(progress: Progress, text: string, at: number): Promise<string | null> {
  const [kind, value] = read(text);
  if (kind === null) return "is neither a line of the audit log, nor a seal, nor the end";
  if (countNames(text) !== countMembers({ [kind]: value })) return "has a member twice";
  if (progress.hasEnded) return "stands behind the end";
  if (kind === "line") {
    progress.lines += 1;
    progress.unsealed.push(canonicalJson(value));
    return null;
  }
  if (kind === "seal") return takeSeal(progress, value as unknown as PrintedSeal, at);
  progress.hasEnded = true;
  const counted = canonicalJson({ lines: progress.lines, seals: progress.seals });
  return canonicalJson(value) === counted
    ? null
    : `the end speaks of ${canonicalJson(value)}, and there are ${counted}`;
}

async function takeSeal(progress: Progress, seal: PrintedSeal, at: number): Promise<string | null> {
  const { previous, lines, sealed_at, hash, ...rest } = seal;
  const { unsealed } = progress;
  if (Object.keys(rest).length > 0) return `the seal says more than a seal does: ${Object.keys(rest).join(", ")}`;
  if (previous !== progress.hash)
    return `the seal follows ${nameOf(previous)}, and here it is ${nameOf(progress.hash)}`;
  if (lines !== unsealed.length)
    return `the seal covers ${JSON.stringify(lines)} lines, and there are ${unsealed.length}`;
  if (hash !== (await sealHash({ previous, lines, sealed_at }, unsealed))) {
    return `the seal does not fit what it covers, the lines ${at - unsealed.length} to ${at - 1} of the file`;
  }
  progress.seals += 1;
  progress.hash = hash;
  progress.unsealed = [];
  return null;
}

function nameOf(hash: unknown): string {
  return hash === null ? "the beginning" : `the seal ${typeof hash === "string" ? hash : JSON.stringify(hash)}`;
}

const KINDS = ["line", "seal", "end"] as const;

/** @returns the kind and what is said under it; null when it is none */
function read(text: string): [(typeof KINDS)[number], object] | [null, null] {
  const value = parse(text);
  if (value === null || typeof value !== "object" || Object.keys(value).length !== 1) return [null, null];
  const kind = KINDS.find((each) => each in value);
  const member: unknown = kind && (value as Record<string, unknown>)[kind];
  const isObject = typeof member === "object" && member !== null && !Array.isArray(member);
  return kind && isObject ? [kind, member] : [null, null];
}

/** How many members the objects of a JSON text have, as it is written: a text is a name where a colon follows. */
function countNames(text: string): number {
  return [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined).length;
}

/** The same of what was read: less, where one was written twice, of which readers may take either. */
function countMembers(value: unknown): number {
  if (value === null || typeof value !== "object") return 0;
  const members = Object.values(value).reduce((sum: number, member) => sum + countMembers(member), 0);
  return Array.isArray(value) ? members : members + Object.keys(value).length;
}

/** @returns null when the text is not JSON */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
