import type { Fields } from "../access/form.ts";

/*
 * What the buttons of the form do that send nothing: without scripts, the form comes back as they leave it.
 */

/** @param step `up.media_1`, `down.media_1` or `remove.media_1`; anything else changes nothing */
export function afterStep(fields: Fields, step: string): Fields {
  const [name, id = ""] = step.split(".");
  const media = fields.media ?? [];
  const from = media.indexOf(id);
  if (from === -1) return fields;
  const others = media.filter((each) => each !== id);
  if (name === "remove") return { ...fields, media: others };
  if (name !== "up" && name !== "down") return fields;
  const to = Math.max(0, name === "up" ? from - 1 : from + 1);
  return { ...fields, media: others.toSpliced(to, 0, id) };
}
