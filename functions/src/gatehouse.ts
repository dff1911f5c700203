import type { RequestListener } from 'node:http';
import { type CallableOptions, type HttpsOptions, onRequest } from 'firebase-functions/https';
import { getInstance } from './app.ts';
import { createCallables } from './callable/callable.ts';
import { mfaEncryptionKeys } from './config.ts';
import { once } from './core/once.ts';
import { modules } from './modules.ts';
import { createProtection } from './protection.ts';

/** Options of the functions, by group. */
export interface FunctionOptions {
  readonly api: Omit<HttpsOptions, 'cors'>;
  readonly callables: CallableOptions;
  readonly triggers: Readonly<Record<string, unknown>>;
}

/** Loaded by the first HTTP request: callables and triggers do not need it. */
const openApp = once(async (): Promise<RequestListener> => {
  const { createApp } = await import('./http/app.ts');
  return createApp(getInstance());
});

/** The Cloud Functions, and what protects other functions with the same decisions. */
export function createGatehouse(options: FunctionOptions) {
  /** Functions that parse the bodies of their requests. */
  const parsing = {
    // No `invoker`: the CLI makes a new function public, which Hosting's rewrite needs, and keeps later changes of the project.
    // With one, each deployment would make the function public again, even behind an API gateway.
    // `cors: false`: the app handles CORS; without it the emulator would allow every origin.
    api: onRequest(
      { ...options.api, cors: false, secrets: [...(options.api.secrets ?? []), mfaEncryptionKeys] },
      async (req, res) => {
        (await openApp())(req, res);
      },
    ),
    // Publicly invokable: callers authenticate with tokens.
    ...createCallables(modules.operations, { ...options.callables, invoker: 'public' }, getInstance),
  };
  const triggers = modules.triggers(() => getInstance().services, options.triggers);
  return {
    /** By name. A new operation needs no line here. */
    functions: { ...parsing, ...triggers },
    parsesBodies: (name: string | undefined) => Object.hasOwn(parsing, name ?? ''),
    needsMfaKeys: (name: string | undefined) => name === 'api',
    ...createProtection(getInstance),
  };
}
