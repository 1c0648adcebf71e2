/** A text that runs a script wherever it gets into a page as anything else than text. */
export const SCRIPT_TEXT = `'"><img src=x onerror=__ran=1><script>__ran=1</script>`;

/** What clients and people write, and pages show. */
export interface Words {
  workspace: string;
  /** People's names. */
  admin: string;
  viewer: string;
  editor: string;
  /** A group of accounts. */
  group: string;
  post: string;
}

export const PLAIN: Words = {
  workspace: "Maison Lumière",
  admin: "Ada Lovelace",
  viewer: "Grace Hopper",
  editor: "Maximilian Featherstonehaugh-Cholmondeley",
  group: "Bakeries",
  post: "Fresh bread from seven o'clock.",
};

/** The same, where everybody writes scripts. */
export const SCRIPTS: Words = {
  workspace: SCRIPT_TEXT,
  admin: SCRIPT_TEXT,
  viewer: SCRIPT_TEXT,
  editor: SCRIPT_TEXT,
  group: SCRIPT_TEXT,
  post: SCRIPT_TEXT,
};
