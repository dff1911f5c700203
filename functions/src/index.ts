// Makes every line on the console JSON, those of the functions framework included: a line break in a text stays inside it.
import 'firebase-functions/logger/compat';
import type { RequestListener } from 'node:http';
import { onRequest } from 'firebase-functions/https';
import { getInstance } from './app.ts';
import { createCallables } from './callable/callable.ts';
import { functionOptions, functionTarget, isDiscovery, loadConfig } from './config.ts';
import { once } from './core/once.ts';
import { modules } from './modules.ts';
import { installFrameworkHardening } from './platform/functions-framework.ts';

/** Loaded by the first HTTP request: callables and triggers do not need it. */
const openApp = once(async (): Promise<RequestListener> => {
  const { createApp } = await import('./http/app.ts');
  return createApp(getInstance());
});

/** Functions that parse the bodies of their requests. */
const parsing = {
  // No `invoker`: the CLI makes a new function public, which Hosting's rewrite needs, and keeps later changes of the project.
  // With one, each deployment would make the function public again, even behind an API gateway.
  // `cors: false`: the app handles CORS; without it the emulator would allow every origin.
  api: onRequest({ ...functionOptions.api, cors: false }, async (req, res) => {
    (await openApp())(req, res);
  }),
  // Publicly invokable: callers authenticate with tokens.
  ...createCallables(modules.operations, { ...functionOptions.callables, invoker: 'public' }, getInstance),
};

// An invalid configuration ends the process here, before it gets a request. While the CLI reads the exports, no parameter
// has a value yet.
if (!isDiscovery()) {
  const { errorDocs } = loadConfig();
  installFrameworkHardening({ parsesBodies: Object.hasOwn(parsing, functionTarget() ?? ''), errorDocs });
}

/** The Cloud Functions by name. The build exports each (`scripts/build.ts`): a new operation needs no line here. */
export const functions = {
  ...parsing,
  ...modules.triggers(() => getInstance().services, functionOptions.triggers),
};
