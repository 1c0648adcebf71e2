import type { Problem } from "../access/form.ts";
import { filledIn, problemOf } from "../access/form.ts";
import { FormCard } from "../frame/components.tsx";
import { TextField } from "../frame/fields.tsx";

const DEFAULT_OVERLAP = "24";

/** Makes another secret of a key or a webhook. @param path where the form is sent to */
export function RotateCard(view: {
  path: string;
  words: { rotate: string; rotateLead: string; overlap: string; overlapHint: string; rotateButton: string };
  problem: Problem | undefined;
}) {
  const { path, words, problem } = view;
  return (
    <FormCard id="rotate" title={words.rotate} lead={words.rotateLead} action={path} button={words.rotateButton}>
      <TextField
        name="overlap_hours"
        label={words.overlap}
        hint={words.overlapHint}
        value={filledIn(problem, path, "overlap_hours", DEFAULT_OVERLAP)}
        error={problemOf(problem, path, "overlap_hours")}
        attributes={{ inputmode: "numeric" }}
      />
    </FormCard>
  );
}
