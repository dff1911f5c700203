import assert from 'node:assert/strict';
import { generate } from 'otplib';

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** Sends a request as one user, e.g. `POST /me/factors/totp`. */
type Send = (route: string, body?: object) => Promise<Answer>;

/** An authenticator app that a user has enrolled. */
export interface AuthenticatorApp {
  /** The code of the current time step, or of one that many steps later. That of an earlier step was used by the enrolment. */
  code(steps?: number): Promise<string>;
  readonly recoveryCodes: readonly string[];
}

const STEP = 30;

/** Enrols one by the API. @param clock milliseconds */
export async function enrolApp(send: Send, clock: () => number = Date.now): Promise<AuthenticatorApp> {
  const started = await send('POST /me/factors/totp', {});
  assert.ok(started.status < 300, JSON.stringify(started.body));
  const secret = String(started.body.secret);
  const code = (steps = 0) => generate({ secret, epoch: Math.floor(clock() / 1000) + steps * STEP });
  await beginningOfStep(clock);
  const confirmed = await send('POST /me/factors/totp/confirm', { code: await code(-1) });
  assert.ok(confirmed.status < 300, JSON.stringify(confirmed.body));
  return { code, recoveryCodes: confirmed.body.recoveryCodes as string[] };
}

/** A code of the step before is accepted until the current one ends. */
async function beginningOfStep(clock: () => number): Promise<void> {
  const rest = STEP * 1000 - (clock() % (STEP * 1000));
  if (clock === Date.now && rest < 5000) await new Promise((resolve) => setTimeout(resolve, rest + 100));
}
