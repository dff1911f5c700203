import type { TestInstance } from '../helpers/open-instance.ts';
import type { BrowserAnswer } from '../helpers/session-browser.ts';
import { serveInstance } from '../helpers/session-server.ts';

/** What a browser asks for while a process is killed. */
export interface SessionStep {
  /** `use`: an ordinary request, which renews the session or rotates the cookie value when that is due. */
  readonly name: 'create' | 'use' | 'step-up' | 'end';
  readonly cookie: string;
  readonly csrfToken: string;
  /** ID token of a sign-in of this minute. Only `create` and `step-up` send it. */
  readonly token: string;
}

export async function takeSessionStep(instance: TestInstance, step: SessionStep): Promise<BrowserAnswer> {
  const server = await serveInstance(instance);
  try {
    const browser = server.browser(step.cookie);
    browser.csrfToken = step.csrfToken;
    const isSignIn = step.name === 'create' || step.name === 'step-up';
    const headers = { ...(isSignIn && { Authorization: `Bearer ${step.token}` }) };
    return await browser.send(ROUTES[step.name], { headers });
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
};
