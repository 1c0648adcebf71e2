import type { Context, Handler } from "hono";
import type * as z from "zod";
import type { AppEnv } from "../../api/context.ts";
import { ERRORS } from "../../api/errors.ts";
import { refuseIssues } from "../../api/validation.ts";
import type { Change } from "../../db/change.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { KeyScope } from "../../lib/vocabulary.ts";
import { doOnce, doOnceInSecret } from "./form-once.ts";
import type { Member } from "./member.ts";
import { memberRoute, workspaceRoute } from "./member-route.ts";

/*
 * Forms of members. One that is refused is shown again, with what was filled in and what is wrong with it.
 */

/** What was filled in. */
export type Fields = Readonly<Record<string, readonly string[]>>;

/** A form that was refused. */
export interface Problem {
  refusal: Refusal;
  /** The path that it was sent to, which tells forms of one page apart. */
  path: string;
  fields: Fields;
}

export interface SentForm {
  fields: Fields;
  /** The first value of a field; empty where it has none. */
  text(name: string): string;
  /** The same as a number; NaN where it is none, for a schema to refuse. */
  number(name: string): number;
  /** Reads what was filled in as the API reads a body. @throws Refusal naming the fields at fault */
  read<T extends z.ZodType>(schema: T, body: unknown): z.output<T>;
  /** Makes a change, once for each time the form was filled in. Answered again, it has the same outcome. */
  once<Outcome>(run: (change: Change<Outcome>) => Promise<Outcome>): Promise<Outcome>;
  /** The same of an outcome that holds a secret: null, where it was given out before. */
  onceInSecret<Outcome>(run: (change: Change<Outcome>) => Promise<Outcome>): Promise<Outcome | null>;
}

/** @param status what the page is answered with: that of the problem, or 200 */
export type ShowPage = (c: Context<AppEnv>, member: Member, problem?: Problem) => Response | Promise<Response>;
export type FormHandler = (c: Context<AppEnv>, member: Member, form: SentForm) => Promise<Response>;

/**
 * A form that serves every member as far as they reach.
 *
 * @param show the page that the form is on, shown again when it is refused
 * @param handler makes the change and leads on, by a redirect as a rule
 */
export function memberForm(scope: KeyScope, show: ShowPage, handler: FormHandler): Handler<AppEnv> {
  return memberRoute(scope, receive(show, handler));
}

/** A form of the workspace as a whole. */
export function workspaceForm(scope: KeyScope, show: ShowPage, handler: FormHandler): Handler<AppEnv> {
  return workspaceRoute(scope, receive(show, handler));
}

function receive(show: ShowPage, handler: FormHandler) {
  return async (c: Context<AppEnv>, member: Member): Promise<Response> => {
    const fields = await readFields(c);
    try {
      return await handler(c, member, sentForm(c, member, fields));
    } catch (error) {
      if (!(error instanceof Refusal) || !canBeMended(error)) throw error;
      return show(c, member, { refusal: error, path: c.req.path, fields });
    }
  };
}

/** Whether who has sent a form can send another that is not refused. */
export function canBeMended({ code }: Refusal): boolean {
  const { status } = ERRORS[code];
  return status !== 404 && status < 500;
}

function sentForm(c: Context<AppEnv>, member: Member, fields: Fields): SentForm {
  const text = (name: string) => fields[name]?.[0] ?? "";
  return {
    fields,
    text,
    number: (name) => (/^\d{1,15}$/.test(text(name).trim()) ? Number(text(name)) : Number.NaN),
    read: readBody,
    once: (run) => doOnce(c, member, fields, run),
    onceInSecret: (run) => doOnceInSecret(c, member, fields, run),
  };
}

/** Reads what was filled in as the API reads a body. @throws Refusal naming the fields at fault */
export function readBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) refuseIssues(parsed.error.issues, "body");
  return parsed.data as z.output<T>;
}

/** What was filled in; files are left out. */
export async function readFields(c: Context<AppEnv>): Promise<Fields> {
  const body = await c.req.parseBody({ all: true });
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, [value].flat().filter((each) => typeof each === "string")]),
  );
}

/** What is wrong with a field of a form, for people; undefined when nothing is. */
export function problemOf(problem: Problem | undefined, path: string, field: string): string | undefined {
  if (problem?.path !== path) return undefined;
  const { refusal } = problem;
  const mistakes = refusal.details.mistakes ?? [{ field: refusal.field ?? "", message: refusal.message }];
  return mistakes.find((each) => each.field === field || each.field.startsWith(`${field}.`))?.message;
}

/** What was filled in, or else what is the case. */
export function filledIn(problem: Problem | undefined, path: string, field: string, otherwise: string): string {
  return problem?.path === path ? (problem.fields[field]?.[0] ?? "") : otherwise;
}

/** The same of a field with several values. */
export function chosenIn(problem: Problem | undefined, path: string, field: string, otherwise: readonly string[]) {
  return problem?.path === path ? (problem.fields[field] ?? []) : otherwise;
}

/** The status of a page that may show a problem. */
export function statusOf(problem: Problem | undefined) {
  return problem ? ERRORS[problem.refusal.code].status : 200;
}
