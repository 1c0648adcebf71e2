import { z } from "zod";
import type { Millis } from "../../lib/clock.ts";
import type { Draft, Fault, Publication } from "../platform.ts";
import { normaliseText } from "../similarity.ts";
import { absentFromListing } from "./absence.ts";
import { faultOfAnswer, missingField, provesRefusal, UNREADABLE_WAIT } from "./faults.ts";
import type { Graph } from "./graph.ts";
import { listEdge } from "./listing.ts";
import { GRAPH_ID, GRAPH_NODE } from "./nodes.ts";

/*
 * A comment of the account's own under its own post. It leaves no handle; it is found again among the comments of the
 * one post, by its author and its text.
 * https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-media/comments
 * https://developers.facebook.com/docs/graph-api/reference/object/comments
 */

export type CommentState = { absentAt: Millis[] };

const ROW = z.object({
  id: GRAPH_ID,
  /** Instagram's word for what it says, and Facebook's. */
  text: z.string().nullish(),
  message: z.string().nullish(),
  from: z.object({ id: GRAPH_ID }).partial().nullish(),
});

/** @param fields what the platform is asked for of each comment */
export function commentPublication(graph: Graph, fields: string): Publication<CommentState> {
  return {
    begin: () => ({ absentAt: [] }),
    next: () => ({ name: "comment", effect: "visible" }),

    async run(_step, state, io) {
      const answer = await graph.commit(io, `${parentOf(io.draft)}/comments`, { message: io.draft.text });
      if (answer.is === "ok") {
        const node = GRAPH_NODE.safeParse(answer.body);
        if (!node.success) return { is: "unknown", fault: missingField("id") };
        return { is: "live", post: { id: node.data.id, permalink: null } };
      }
      const fault = ofTheCommentAlone(faultOfAnswer(answer, io.now()));
      if (answer.is === "lost" || !provesRefusal(answer.error)) return { is: "unknown", fault };
      return { is: "refused", fault, state };
    },

    async settle(state, armed, io) {
      const listed = await listEdge(graph, io, `${parentOf(io.draft)}/comments`, { fields, limit: "100" }, ROW);
      const ours = normaliseText(io.draft.text);
      const equal = listed.rows.filter((row) => normaliseText(row.text ?? row.message ?? "") === ours);
      const mine = equal.filter((row) => row.from?.id === undefined || row.from.id === io.connection.externalId);
      for (const id of await io.unclaimed(mine.map((row) => row.id))) {
        if (await io.claim(id)) return { is: "did", post: { id, permalink: null } };
      }
      const until = io.now() + io.scaled(UNREADABLE_WAIT);
      if (listed.is === "incomplete") return { is: "askLater", state, until, fault: listed.fault };
      return absentFromListing(state, armed, io);
    },

    permalink: async () => null,
  };
}

function parentOf(draft: Draft): string {
  if (draft.parentId === null) throw new Error("a comment has no post to belong to");
  return draft.parentId;
}

/** A right that only comments need must not make the account look disconnected. */
function ofTheCommentAlone(fault: Fault): Fault {
  const isToken = /^(190|102)\b/.test(fault.code);
  return fault.kind === "reauth" && !isToken ? { ...fault, kind: "permanent", scope: "post" } : fault;
}
