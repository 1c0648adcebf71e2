import type { Child } from "hono/jsx";
import { FRAME } from "../strings.ts";

/*
 * Fields of forms: label, description, error, and the ties between them that assistive technology follows.
 */

interface FieldView {
  /** In the form and, unless `id` says otherwise, in the page. */
  name: string;
  id?: string;
  label: string;
  hint?: Child;
  /** What is wrong with it, see `problemOf`. */
  error?: string | undefined;
}

/** @param control the control, which takes over the attributes that tie it to its label, description and error */
export function Field(view: FieldView & { isOptional?: boolean; control: (attributes: Attributes) => Child }) {
  const { id = view.name, label, hint, error, isOptional } = view;
  return (
    <div class="field">
      <label for={id}>
        {label}
        {isOptional ? <span class="soft"> ({FRAME.optional})</span> : null}
      </label>
      <Hints id={id} hint={hint} error={inWords(view, error)} />
      {view.control(attributesOf(view))}
    </div>
  );
}

type Attributes = Record<string, string>;

function attributesOf({ name, id = name, hint, error }: FieldView): Attributes {
  const described = [...(hint === undefined ? [] : [`${id}-hint`]), ...(error === undefined ? [] : [`${id}-error`])];
  return {
    id,
    name,
    class: "input",
    ...(described.length > 0 && { "aria-describedby": described.join(" ") }),
    ...(error !== undefined && { "aria-invalid": "true" }),
  };
}

/** What the API says of a field begins with its name there; people know it by its label. */
function inWords({ name, label }: FieldView, error: string | undefined): string | undefined {
  return error?.replace(new RegExp(`^${name}(\\.\\d+)?(?= )`), label);
}

function Hints({ id, hint, error }: { id: string; hint?: Child; error: string | undefined }) {
  return (
    <>
      {hint === undefined ? null : (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {error === undefined ? null : (
        <span class="error" id={`${id}-error`}>
          {error}
        </span>
      )}
    </>
  );
}

/** One line of text. `attributes`: what else the input has, `maxlength` say. */
export function TextField(
  view: FieldView & { value: string; isOptional?: boolean; attributes?: Record<string, string | number | boolean> },
) {
  const { value, attributes = {} } = view;
  const required = view.isOptional ? {} : { required: true };
  return <Field {...view} control={(tied) => <input {...tied} value={value} {...required} {...attributes} />} />;
}

/** One of several. */
export function SelectField(
  view: FieldView & { value: string; options: readonly (readonly [value: string, label: string])[] },
) {
  return (
    <Field
      {...view}
      control={(tied) => (
        <select {...tied}>
          {view.options.map(([value, label]) => (
            <option value={value} {...(value === view.value && { selected: true })}>
              {label}
            </option>
          ))}
        </select>
      )}
    />
  );
}

/** A choice of `Choices`. */
export interface Choice {
  value: string;
  label: string;
  hint?: string;
}

/** One of several (`radio`) or some of them (`checkbox`), each with room to say what it means. */
export function Choices(
  view: FieldView & { type: "radio" | "checkbox"; choices: readonly Choice[]; chosen: readonly string[] },
) {
  const { name, id = name, label, hint, error } = view;
  const { "aria-describedby": described } = attributesOf(view);
  return (
    <fieldset class="field" {...(described !== undefined && { "aria-describedby": described })}>
      <legend>{label}</legend>
      <Hints id={id} hint={hint} error={inWords(view, error)} />
      {view.choices.map((choice) => (
        <label class="choice">
          <input
            type={view.type}
            name={name}
            value={choice.value}
            {...(view.chosen.includes(choice.value) && { checked: true })}
          />
          <span>
            {choice.label}
            {choice.hint === undefined ? null : <small>{choice.hint}</small>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
