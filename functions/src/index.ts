// Every line on the console is JSON, those of the functions framework too: a line break in a text stays inside it.
import 'firebase-functions/logger/compat';
import type { RequestListener } from 'node:http';
import { onRequest } from 'firebase-functions/https';
import { getInstance, modules } from './app.ts';
import { createCallables } from './callable/callable.ts';
import { functionOptions, isDiscovery, loadConfig } from './config.ts';
import { once } from './core/once.ts';
import { installFrameworkHardening } from './platform/functions-framework.ts';

installFrameworkHardening();

// A wrong setting ends the process here, before a request can reach it. While the CLI reads the exports, no parameter has
// a value yet.
if (!isDiscovery()) loadConfig();

/** Loaded by the first request: the functions beside this one never need it. */
const openApp = once(async (): Promise<RequestListener> => {
  const { createApp } = await import('./http/app.ts');
  return createApp(getInstance());
});

/** The Cloud Functions by name. The build exports each (`scripts/build.ts`): a new operation needs no line here. */
export const functions = {
  // No `invoker`: the CLI makes a new function public, which Hosting's rewrite needs, and then leaves it to the project.
  // With one, each deployment would open again what stands behind a gateway.
  // `cors: false`: the app answers for CORS; without it the emulator would allow every origin.
  api: onRequest({ ...functionOptions.api, cors: false }, async (req, res) => {
    (await openApp())(req, res);
  }),
  // Publicly invokable: callers authenticate with tokens.
  ...createCallables(modules.operations, { ...functionOptions.callables, invoker: 'public' }, getInstance),
  ...modules.triggers(() => getInstance().services, functionOptions.triggers),
};
