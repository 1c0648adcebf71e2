/*
 * What the frame around the console's pages says, and the pages by which people get in. Each group of pages has a file of its
 * own like this one.
 */

/** The pages of a workspace, as the navigation names them. */
export const PAGES = {
  overview: "Overview",
  calendar: "Calendar",
  compose: "Compose",
  accounts: "Accounts",
  developers: "Developers",
  feed: "Sandbox feed",
  settings: "Settings",
} as const;

export const FRAME = {
  product: "Apionics",
  skip: "Skip to content",
  navigation: "Pages of the workspace",
  workspaces: "Workspaces",
  switchWorkspace: "Switch workspace",
  mode: "Mode",
  modes: { live: "Live", test: "Test" },
  testMode: "Test mode: posts go to the sandbox alone.",
  account: "Signed in",
  notifications: "Notifications",
  signOut: "Sign out",
  optional: "optional",
  inZone: (zone: string) => `On the clock of the workspace: ${zone}.`,
  newer: "First page",
  older: "Next page",
  pager: "Pages",
  copy: "Copy",
  copied: "Copied",
  cancel: "Cancel",
  formProblem: "Nothing was changed.",
  seeFields: "What is wrong stands beside the field.",
} as const;

export const PROBLEMS = {
  notFound: {
    title: "There is nothing here",
    text: "The address is wrong, what it led to is gone, or it belongs to a workspace that you are not a member of.",
  },
  forbidden: {
    title: "You may not do this",
    text: "Your role in this workspace does not allow it. An admin of the workspace can change that.",
  },
  suspended: {
    title: "This workspace is suspended",
    text: "Whoever runs this deployment has suspended it. Nothing goes out until it is let in again.",
  },
  crossSite: {
    title: "This request did not come from this page",
    text: "It was sent by another site, so nothing was done. Open the console and try again.",
  },
  tooLarge: { title: "That was too much", text: "What was sent is larger than this page takes." },
  tooMany: { title: "Too many requests", text: "Too many came from your network. Wait a minute, then try again." },
  internal: {
    title: "Something went wrong on our side",
    text: "Try again. If it happens again, tell whoever runs this deployment the number below.",
  },
  noWorkspace: {
    title: "You belong to no workspace",
    text: "Ask an admin of a workspace for a link that lets you in.",
  },
  home: "To the console",
  request: (id: string) => `Request ${id}`,
} as const;

export const SIGN_IN = {
  title: "Sign in",
  lead: "Use the passkey of this device, your phone or your security key.",
  button: "Sign in with a passkey",
  signedOut: "You are signed out.",
  noPasskey: "No passkey?",
  ask: "Ask an admin of your workspace for a link: it lets you in once and makes a new passkey. Whoever runs this deployment can make one too.",
  noScript: "Passkeys need JavaScript, which is switched off in this browser.",
  waiting: "Waiting for your passkey…",
  refused: "That did not work. Try again, or ask an admin for a link.",
  unsupported:
    "This browser cannot use passkeys here. They need a current browser, and a host name with https, or localhost.",
  canceled: "No passkey was used.",
} as const;

export const JOIN = {
  title: (workspace: string) => `Join ${workspace}`,
  backTitle: (workspace: string) => `Back into ${workspace}`,
  invited: (role: string) => `You are invited as ${role}.`,
  back: (name: string) => `This link is for ${name}. It makes a new passkey, which opens this workspace.`,
  name: "Your name",
  nameHint: "What others in the workspace see.",
  passkeyHint: "A passkey is kept by this device, your phone or your security key. There is no password.",
  button: "Make a passkey and join",
  backButton: "Make a passkey and sign in",
  signedIn: (name: string) => `You are signed in as ${name}.`,
  accept: (name: string) => `Join as ${name}`,
  member: "You belong to this workspace already.",
  open: "Open the console",
  expiredTitle: "This link cannot be used",
  expired: "It was used already, or its time is over. Each link works once, for three days.",
  expiredAdvice: "If you have joined with it, sign in. Otherwise ask whoever gave it to you for a new one.",
  refused: "That did not work. Open the link again, or ask for a new one.",
  unusable: "This link was used already, or its time is over.",
  nameMissing: "Say what your name is, in up to 100 characters.",
} as const;

/** What each role may do. */
export const ROLES = {
  viewer: { name: "Viewer", asOne: "a viewer", may: "Looks at posts, accounts and webhooks" },
  approver: { name: "Approver", asOne: "an approver", may: "Looks, and approves or rejects posts" },
  editor: { name: "Editor", asOne: "an editor", may: "Looks, and writes posts" },
  admin: { name: "Admin", asOne: "an admin", may: "Does everything" },
} as const;
