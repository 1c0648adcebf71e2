import { randomInt } from "node:crypto";
import { DAY } from "../../src/lib/clock.ts";
import type { Ask } from "./load.ts";
import type { Side } from "./server.ts";
import type { Stage } from "./stage.ts";
import { STORED } from "./stage.ts";

/** What is measured by one row of the table, of both sides. */
export interface Row {
  name: string;
  connections: number;
  /** The status of every answer. */
  status: number;
  /** The least share of the floor's rate. */
  target: number;
  ask(side: Side): Ask;
}

/** Well-formed but for its checksum. */
const BAD_KEY = `apionics_live_${"a".repeat(36)}`;
/** Posts go out long after the run: what it takes to accept one is measured, and not what follows. */
const AHEAD = 30 * DAY;

let asked = 0;

/** A publish request for one account, as each side takes it. Each has a key and a text of its own. */
export function publishAsk({ bearers, accountId }: Stage, side: Side, at: number, content?: string): Ask {
  asked += 1;
  const key = `bench-${asked}`;
  const said = content ?? `The post number ${asked} of a benchmark, as long as posts are that people write.`;
  const body =
    side === "ours"
      ? { content: said, accounts: [accountId], schedule: new Date(at).toISOString() }
      : { content: said, account: accountId, at };
  return {
    method: "POST",
    path: side === "ours" ? "/v1/publish" : "/publish",
    headers: { ...bearer(bearers[side]), "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify(body),
  };
}

export function rowsOf(stage: Stage): Row[] {
  const { bearers, postIds } = stage;
  const root = { ours: "/v1/posts", floor: "/posts" };
  const publish = (connections: number): Row => ({
    name: "publish",
    connections,
    status: 202,
    target: 0.8,
    ask: (side) => publishAsk(stage, side, Date.now() + AHEAD),
  });
  return [
    publish(1),
    publish(10),
    publish(50),
    {
      name: "get one post",
      connections: 10,
      status: 200,
      target: 0.8,
      ask: (side) => get(`${root[side]}/${postIds[randomInt(postIds.length)]}`, bearers[side]),
    },
    {
      name: `list, first page of ${STORED.toLocaleString("en")}`,
      connections: 10,
      status: 200,
      target: 0.8,
      ask: (side) => get(root[side], bearers[side]),
    },
    {
      name: "refuse a bad key",
      connections: 10,
      status: 401,
      target: 0.9,
      ask: (side) => {
        const asked = get(`${root[side]}/${postIds[0]}`, BAD_KEY);
        // From ever other addresses: the shield refuses one that comes too often, and is not what is measured.
        return { ...asked, headers: { ...asked.headers, "CF-Connecting-IP": `10.${octet()}.${octet()}.${octet()}` } };
      },
    },
  ];
}

function octet(): number {
  return randomInt(256);
}

function get(path: string, token: string): Ask {
  return { method: "GET", path, headers: bearer(token) };
}

function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}
