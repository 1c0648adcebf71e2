/*
 * Platforms hand a text back changed: trimmed, composed, with other white space. These two say when a listed text is
 * ours, and when it could be.
 */

/** The form in which two texts are compared: composed characters, single spaces, nothing invisible, no ends. */
export function normaliseText(text: string): string {
  return text
    .normalize("NFC")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "")
    .replace(/\s+/gu, " ")
    .trim();
}

/** Whether a listed text could be ours after more change than white space: cut short, or stripped of its signs. */
export function isSimilarText(listed: string, ours: string): boolean {
  const [a, b] = [bare(listed), bare(ours)];
  if (a === "" || b === "") return a === b;
  const opening = 24;
  return a.startsWith(b) || b.startsWith(a) || a.slice(0, opening) === b.slice(0, opening);
}

function bare(text: string): string {
  return normaliseText(text)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}
