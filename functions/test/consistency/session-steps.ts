import type { TestInstance } from '../helpers/open-instance.ts';
import type { BrowserAnswer } from '../helpers/session-browser.ts';
import { serveInstance } from '../helpers/session-server.ts';

/** What a browser asks for while a process is killed. */
export interface SessionStep {
  /** `use`: an ordinary request, which renews the session or rotates the cookie value when that is due. */
  readonly name: 'create' | 'use' | 'step-up' | 'end' | 'factor' | 'token-factor';
  readonly cookie: string;
  readonly csrfToken: string;
  /** ID token of a sign-in of this minute. Only `create`, `step-up` and `token-factor` send it. */
  readonly token: string;
  /** Of an authenticator app, for `factor`, with the cookie, and `token-factor`, with the token alone. */
  readonly totp?: string;
}

export async function takeSessionStep(instance: TestInstance, step: SessionStep): Promise<BrowserAnswer> {
  const server = await serveInstance(instance);
  try {
    const { name, totp } = step;
    const browser = server.browser(name === 'token-factor' ? undefined : step.cookie);
    browser.csrfToken = step.csrfToken;
    const hasToken = name !== 'use' && name !== 'end' && name !== 'factor';
    const headers = { ...(hasToken && { Authorization: `Bearer ${step.token}` }) };
    return await browser.send(ROUTES[name], { headers, ...(totp && { body: { totp } }) });
  } finally {
    await server.close();
  }
}

/** An ordinary request with the cookie. */
export const useSession = (instance: TestInstance, cookie: string): Promise<BrowserAnswer> =>
  takeSessionStep(instance, { name: 'use', cookie, csrfToken: '', token: '' });

const ROUTES: Record<SessionStep['name'], string> = {
  create: 'POST /sessions',
  use: 'GET /me',
  'step-up': 'POST /sessions/current/step-up',
  end: 'DELETE /sessions/current',
  factor: 'POST /me/step-up',
  'token-factor': 'POST /me/step-up',
};
