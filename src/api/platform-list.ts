import { findManualPause } from "../db/manual-pauses.ts";
import { findPausedScopes, PAUSE_SCOPES } from "../db/pauses.ts";
import { findClockOffset } from "../db/test-clock.ts";
import type { ComingPlatformId, PlatformId, PlatformState, Scope } from "../lib/vocabulary.ts";
import { COMING_PLATFORMS, LIVE_PLATFORMS, PLATFORM_NAMES } from "../lib/vocabulary.ts";
import type { PlatformLimits } from "../platforms/platform.ts";
import type { ApiVersion } from "../platforms/registry.ts";
import { AUTHS_OF_PLATFORM, apiVersionOf, LIMITS_OF_PLATFORM } from "../platforms/registry.ts";
import type { Services } from "../services.ts";

/*
 * The platforms there are and will be: what `GET /v1/platforms` answers and the documentation page prints.
 */

/** The contract's words. */
const LIVE_NOTES = "Publishing, scheduling, connected accounts";
const COMING_NOTES = "Planned platform rollout";

export interface LivePlatform {
  id: PlatformId;
  status: "live";
  name: string;
  notes: string;
  limits: PlatformLimits;
  api: ApiVersion;
  state: PlatformState;
}

export interface ComingPlatform {
  id: ComingPlatformId;
  status: "coming_soon";
  name: string;
  notes: string;
}

/** @param scope whose network it is about: test mode has one for each workspace. Null: the live one */
export async function listPlatforms(
  services: Services,
  scope: Scope | null,
): Promise<{ live: LivePlatform[]; coming: ComingPlatform[] }> {
  const stateOf = await readStates(services, scope);
  const api = apiVersionOf(services.settings.meta);
  return {
    live: LIVE_PLATFORMS.map((id) => ({
      id,
      status: "live",
      name: PLATFORM_NAMES[id],
      notes: LIVE_NOTES,
      limits: LIMITS_OF_PLATFORM[id],
      api,
      state: stateOf(id),
    })),
    coming: COMING_PLATFORMS.map((id) => ({
      id,
      status: "coming_soon",
      name: PLATFORM_NAMES[id],
      notes: COMING_NOTES,
    })),
  };
}

/** By which scope an app is held back that reaches a platform; a platform may be reached by several. */
function appScopes({ mode, workspaceId }: Scope, platform: PlatformId): string[] {
  return AUTHS_OF_PLATFORM[platform].map((graphHost) => PAUSE_SCOPES.app(mode, workspaceId, graphHost));
}

async function readStates({ db, clock }: Services, scope: Scope | null): Promise<(id: PlatformId) => PlatformState> {
  // The names of live mode's scopes have no workspace in them.
  const network: Scope = scope ?? { mode: "live", workspaceId: "" };
  const scopes = [...new Set(LIVE_PLATFORMS.flatMap((id) => appScopes(network, id)))];
  const offset = network.mode === "test" ? await findClockOffset(db, network.workspaceId) : 0;
  const [pause, held] = await Promise.all([
    findManualPause(db, { is: "deployment" }),
    findPausedScopes(db, network.mode, scopes, clock() + offset),
  ]);
  if (pause !== null && pause.liftedAt === null) return () => "paused";
  return (id) => (appScopes(network, id).some((each) => held.includes(each)) ? "degraded" : "ok");
}
