import type * as z from "zod";

/** A check of text that is to be published. Half a character cannot be: it would come out as another. */
export function wellFormed({ value, issues }: z.core.ParsePayload<string>): void {
  if (value.isWellFormed()) return;
  const message = "{field} is not well-formed Unicode: a surrogate stands alone.";
  issues.push({ code: "custom", input: value, message });
}
