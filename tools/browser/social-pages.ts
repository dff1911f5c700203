import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BrowserContext } from 'playwright-core';
import { ALL_PAGES } from '../../functions/test/helpers/docs.ts';
import { bundle, filesOf } from './guide-bundles.ts';

/** A page that runs the code of docs/guides/social-sign-in, with a button for each exported function. */

const GUIDES = ALL_PAGES.filter((page) => page.startsWith('docs/guides/social-sign-in/'));

/** In place of `firebase/auth`: `getAuth` connects to the emulator, if there is one. */
const firebaseAuth = (emulator: string | undefined) => `
import * as firebase from 'firebase/auth';
export * from 'firebase/auth';
export function getAuth(app) {
  const auth = firebase.getAuth(app);
  const emulator = ${JSON.stringify(emulator)};
  if (emulator) firebase.connectAuthEmulator(auth, emulator, { disableWarnings: true });
  return auth;
}`;

const page = (files: readonly string[]) => `
${files.map((file, at) => `import * as file${at} from './${file}';`).join('\n')}
import { auth } from './auth.js';
const shown = document.createElement('output');
for (const [name, run] of Object.entries({ ${files.map((_, at) => `...file${at}`).join(', ')} })) {
  const button = document.createElement('button');
  button.id = button.textContent = name;
  button.onclick = async () => {
    const result = await run().catch(({ code, message }) => ({ code, message }));
    const token = await result?.user?.getIdTokenResult();
    shown.value = JSON.stringify(token ? { provider: token.signInProvider, token: token.token } : result);
    document.body.append(shown);
  };
  document.body.append(button);
}
await auth.authStateReady();
document.body.dataset.ready = '';`;

/** Bundles the code of the guides. @param emulator URL of the Auth emulator; undefined: production */
export async function bundleGuides(emulator: string | undefined): Promise<string> {
  const files = filesOf(GUIDES);
  const shown = [...files.keys()].filter((name) => name !== 'auth.js');
  const scripts = await bundle(files.set('page.js', page(shown)), ['page.js'], firebaseAuth(emulator));
  return scripts.get('page') ?? '';
}

/** Serves the page at `/`. For the option `serve` of the proxy. @param headers of the page, read for each request */
export function servePage(script: string, headers = new Map<string, string>()) {
  return ({ url = '' }: IncomingMessage, outgoing: ServerResponse): boolean => {
    if (url !== '/' && url !== '/page.js') return false;
    outgoing.setHeaders(headers);
    outgoing.setHeader('Content-Type', url === '/' ? 'text/html' : 'text/javascript');
    const html = '<!doctype html><title>app</title><body><script type="module" src="/page.js"></script>';
    outgoing.end(url === '/' ? html : script);
    return true;
  };
}

/**
 * In place of Google's script https://apis.google.com/js/api.js, which connects the page and the frame of the sign-in pages:
 * the part of `gapi.iframes` that the Firebase SDK and the Auth emulator use, by `postMessage`.
 */
const GAPI = `(() => {
  const handlers = new Map();
  const handlerOf = (type) => handlers.get(type) ?? handlers.set(type, Promise.withResolvers()).get(type);
  const answers = new Map();
  addEventListener('message', async ({ data, source }) => {
    if (data?.gapi === 'answer') answers.get(data.id)?.([data.value]);
    if (data?.gapi !== 'call') return;
    const handler = await handlerOf(data.type).promise;
    source.postMessage({ gapi: 'answer', id: data.id, value: await handler(data.value) }, '*');
  });
  const iframeOf = (peer, loaded) => ({
    register: (type, handler) => handlerOf(type).resolve(handler),
    send(type, value, done) {
      const id = crypto.randomUUID?.() ?? String(Math.random());
      answers.set(id, done);
      peer().postMessage({ gapi: 'call', id, type, value }, '*');
    },
    restyle: async () => [],
    ping: async (done) => loaded.then(done),
  });
  const context = {
    getParentIframe: () => iframeOf(() => parent, Promise.resolve()),
    open({ where, url, attributes }, opened) {
      const frame = document.createElement('iframe');
      const loaded = new Promise((resolve) => { frame.onload = resolve; });
      Object.assign(frame.style, attributes?.style);
      frame.src = url;
      where.append(frame);
      return opened(iframeOf(() => frame.contentWindow, loaded));
    },
  };
  const iframes = { getContext: () => context, CROSS_ORIGIN_IFRAMES_FILTER: {}, Iframe: class {} };
  globalThis.gapi = { iframes, load: (_name, { callback }) => setTimeout(callback) };
  const name = new URL(document.currentScript.src).searchParams.get('onload') ?? 'gapi_onload';
  globalThis[name]?.();
})();`;

/** Answers requests to Google's hosts; all others that would leave this machine fail. */
export async function keepOnThisMachine(context: BrowserContext, local: readonly string[]): Promise<void> {
  await context.route(
    ({ hostname }) => !local.includes(hostname),
    async (route) => {
      const { href, hostname } = new URL(route.request().url());
      if (hostname === 'apis.google.com') {
        return route.fulfill({ contentType: 'text/javascript', body: GAPI });
      }
      // The page's domain is an authorized one. https://docs.cloud.google.com/identity-platform/docs/reference/rest/v1/v1/getProjects
      if (href.includes('identitytoolkit.googleapis.com/v1/projects')) {
        return route.fulfill({ json: { authorizedDomains: local } });
      }
      if (new URL(href).pathname.startsWith('/__/auth/')) {
        return route.fulfill({ contentType: 'text/html', body: '<title>Firebase</title>' });
      }
      return route.abort();
    },
  );
}
