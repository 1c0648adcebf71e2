/** The groups in which documentation shows the routes, each with the paths that belong to it. */
export const TAGS: readonly { name: string; description: string; paths: RegExp }[] = [
  { name: "Publishing", description: "Queue content, or ask what would be refused.", paths: /^\/v1\/publish/ },
  {
    name: "Posts",
    description: "What became of posts, what happened to them, and what can still be changed.",
    paths: /^\/v1\/posts/,
  },
  {
    name: "Accounts",
    description: "The accounts that posts go out on, and the ways in which a workspace gets them.",
    paths: /^\/v1\/account(s|-groups)/,
  },
  {
    name: "Media",
    description: "Pictures and videos: by address, as a form's file, as a body, in parts.",
    paths: /^\/v1\/media/,
  },
  {
    name: "Webhooks",
    description: "Endpoints that are told of events, and what was sent to them.",
    paths: /^\/v1\/(webhooks|deliveries|events)/,
  },
  {
    name: "Platforms",
    description: "The platforms there are, their limits and their state.",
    paths: /^\/v1\/platforms/,
  },
  {
    name: "API keys",
    description: "Keys, what they may do, and how they are replaced.",
    paths: /^\/v1\/api-keys/,
  },
  {
    name: "Audit log",
    description: "What was changed, by whom and when, under seals that whoever has them can verify.",
    paths: /^\/v1\/(deployment\/)?audit/,
  },
  {
    name: "Members",
    description: "The people of a workspace, and the links by which they get into the console.",
    paths: /^\/v1\/members/,
  },
  {
    name: "Workspace",
    description: "The settings of the key's own workspace, what it was used for, and how well it does.",
    paths: /^\/v1\/(workspace|usage|statistics)(\/|$)/,
  },
  { name: "Sandbox", description: "Test mode: what is public in the sandbox, and its clock.", paths: /^\/v1\/sandbox/ },
  {
    name: "Deployment",
    description: "For whoever runs the deployment.",
    paths: /^\/v1\/(workspaces|deployment|encryption-keys|health)/,
  },
];

/** @throws Error for a path that belongs nowhere: every route is in a group */
export function tagOf(path: string): string {
  const tag = TAGS.find(({ paths }) => paths.test(path));
  if (!tag) throw new Error(`${path} is in no group of the documentation: see openapi-tags.ts`);
  return tag.name;
}
