import * as z from "zod";
import type { Profile } from "../platform.ts";
import type { GraphAnswer } from "./graph.ts";
import { INSTAGRAM_FIELDS, PAGE_FIELDS, PROFILE_NODE, profileFrom } from "./nodes.ts";

/*
 * The Pages of a person who has consented, each with the Instagram account that is linked to it.
 */

/** A Page with a token to act for it. */
export interface GrantedPage {
  token: string;
  page: Profile;
  instagram: Profile | null;
  /** Whether the person may not publish there. */
  lacksRole: boolean;
}

export type GrantedPages =
  | { is: "ok"; pages: GrantedPage[] }
  | { is: "failed"; answer: Exclude<GraphAnswer, { is: "ok" }> };

type Call = (path: string, params: Record<string, string>) => Promise<GraphAnswer>;

const PAGE_SIZE = "100";
/** Lists are followed so far: a thousand Pages, ten portfolios. */
const MAX_LIST_PAGES = 10;
const MAX_BUSINESSES = 10;
/** Either lets a person publish. */
const ROLES = ["CREATE_CONTENT", "MANAGE"];

const LIST = z.object({
  data: z.array(z.unknown()),
  paging: z
    .object({ next: z.string().optional(), cursors: z.object({ after: z.string().optional() }).optional() })
    .optional(),
});
const PAGE = PROFILE_NODE.extend({
  /** Missing where the person has no role on the Page. */
  access_token: z.string().min(1),
  tasks: z.array(z.string()).optional(),
  instagram_business_account: PROFILE_NODE.optional().catch(undefined),
});
const BUSINESS = z.object({ id: z.string() });

/**
 * Lists the Pages of `/me/accounts`, and those of the person's business portfolios where they may be listed: Pages that
 * belong to one can be missing from the first list.
 *
 * @param scopes what the person allowed
 */
export async function listGrantedPages(call: Call, scopes: readonly string[]): Promise<GrantedPages> {
  // A field for which the permission is missing would fail the whole list.
  const instagram = scopes.includes("instagram_basic") ? `,instagram_business_account{${INSTAGRAM_FIELDS}}` : "";
  const fields = `${PAGE_FIELDS},access_token,tasks${instagram}`;
  const own = await listAll(call, "me/accounts", fields);
  if (own.is === "failed") return own;
  const nodes = own.nodes;
  if (scopes.includes("business_management")) {
    const businesses = await listAll(call, "me/businesses", "id");
    const ids =
      businesses.is === "failed" ? [] : businesses.nodes.flatMap((node) => BUSINESS.safeParse(node).data ?? []);
    for (const { id } of ids.slice(0, MAX_BUSINESSES)) {
      for (const edge of ["owned_pages", "client_pages"]) {
        const listed = await listAll(call, `${id}/${edge}`, fields);
        // The person's own list stands, whatever a portfolio says.
        if (listed.is === "ok") nodes.push(...listed.nodes);
      }
    }
  }
  const pages = new Map<string, GrantedPage>();
  for (const granted of nodes.flatMap((node) => readPage(node) ?? [])) {
    if (!pages.has(granted.page.externalId)) pages.set(granted.page.externalId, granted);
  }
  return { is: "ok", pages: [...pages.values()] };
}

async function listAll(
  call: Call,
  path: string,
  fields: string,
): Promise<{ is: "ok"; nodes: unknown[] } | Extract<GrantedPages, { is: "failed" }>> {
  const nodes: unknown[] = [];
  let after: string | undefined;
  for (let page = 0; page < MAX_LIST_PAGES; page++) {
    const answer = await call(path, { fields, limit: PAGE_SIZE, ...(after === undefined ? {} : { after }) });
    if (answer.is !== "ok") return { is: "failed", answer };
    const list = LIST.safeParse(answer.body).data;
    if (!list) return { is: "failed", answer: { is: "lost", reason: "an answer that is no list" } };
    nodes.push(...list.data);
    // By the cursor and not by the address in `next`, which carries the token.
    after = list.paging?.next === undefined ? undefined : list.paging.cursors?.after;
    if (after === undefined) break;
  }
  return { is: "ok", nodes };
}

function readPage(node: unknown): GrantedPage | null {
  const parsed = PAGE.safeParse(node).data;
  const page = parsed && profileFrom(parsed, "facebook");
  if (!page) return null;
  const linked = parsed.instagram_business_account;
  const { tasks } = parsed;
  return {
    token: parsed.access_token,
    page,
    instagram: linked ? profileFrom(linked, "instagram") : null,
    lacksRole: tasks !== undefined && !ROLES.some((role) => tasks.includes(role)),
  };
}
