import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { codeBlocks, REPOSITORY } from './docs.ts';

/** The two functions of docs/guides/web-client.md. */
export interface WebClient {
  api(path: string, init?: RequestInit): Promise<Response>;
  callFunction(name: string, data?: unknown): Promise<unknown>;
}

/**
 * Loads the functions that the guide prints.
 *
 * @param stubs sources in place of the modules of the Firebase SDK, such as `auth`; without them, the SDK itself
 */
export async function loadWebClient(stubs?: Readonly<Record<string, string>>): Promise<WebClient> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-web-client-'));
  try {
    const modules = join(folder, 'node_modules');
    if (stubs === undefined) symlinkSync(join(REPOSITORY, 'functions/node_modules'), modules);
    else {
      const sdk = join(modules, 'firebase');
      mkdirSync(sdk, { recursive: true });
      const exported = Object.keys(stubs).map((name) => [`./${name}`, `./${name}.js`]);
      const manifest = { type: 'module', exports: Object.fromEntries(exported) };
      writeFileSync(join(sdk, 'package.json'), JSON.stringify(manifest));
      for (const [name, source] of Object.entries(stubs)) writeFileSync(join(sdk, `${name}.js`), source);
    }
    const load = async (start: string) => {
      const block = codeBlocks('docs/guides/web-client.md').find(({ code }) => code.includes(start));
      if (block === undefined) throw new Error(`the guide has no ${start}`);
      const file = join(folder, `${start.replaceAll(/\W/g, '-')}.mjs`);
      writeFileSync(file, block.code);
      return import(pathToFileURL(file).href);
    };
    return {
      ...(await load('export async function api(')),
      ...(await load('export async function callFunction(')),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
