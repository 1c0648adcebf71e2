/** What clients, people, platforms and endpoints write, and pages show. */
export interface Words {
  workspace: string;
  /** People's names. */
  admin: string;
  viewer: string;
  editor: string;
  /** A group of accounts. */
  group: string;
  /** What a workspace calls an account. */
  label: string;
  /** A Page of Facebook, in live mode. */
  page: string;
  /** Why the platform takes no post there. */
  refusal: string;
  post: string;
  /** The picture, for who does not see it. */
  altText: string;
  firstComment: string;
  externalId: string;
  /** What is said to whoever approves, and by them. */
  comment: string;
  /** An API key's name. */
  key: string;
  /** What an endpoint is for, and what it answers. */
  webhook: string;
  answer: string;
}

/** A Page of Facebook that takes every post. */
export const OPEN_PAGE = "Boulangerie du Nord";

export const PLAIN: Words = {
  workspace: "Maison Lumière",
  admin: "Ada Lovelace",
  viewer: "Grace Hopper",
  editor: "Maximilian Featherstonehaugh-Cholmondeley",
  group: "Bakeries",
  label: "summer campaign",
  page: "Maison Lumière",
  refusal: "The post is against the rules of the community.",
  post: "Fresh bread from seven o'clock.",
  altText: "A gradient from blue to red",
  firstComment: "Butter, too.",
  externalId: "article-42",
  comment: "Is the time right?",
  key: "Newsroom",
  webhook: "The newsroom's own",
  answer: '{"error":"out of order"}',
};

/** The same, where everybody writes scripts. No two are the same, so that one sees which of them a page shows. */
export const SCRIPTS = Object.fromEntries(
  Object.keys(PLAIN).map((name, index) => [name, scriptText(index)]),
) as unknown as Words;

/** A text that sets `r` wherever it gets into a page as anything else than text; short enough for every field. */
function scriptText(value: number): string {
  return `'"><img src=x onerror=r=${value}><script>r=${value}</script>`;
}
