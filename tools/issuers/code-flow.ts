// Signs a user in as an app with a browser does: authorization code with PKCE (RFC 6749 §4.1, RFC 7636).
import { createHash, randomBytes } from 'node:crypto';

interface Client {
  readonly client_id: string;
  readonly redirect_uri: string;
}

/** @throws Error with the issuer's response, if it issues no token */
export async function signInByCode(
  issuer: string,
  client: Client,
  person: { readonly login: string; readonly password: string },
  request: { readonly resource: string; readonly scope: string },
): Promise<{ accessToken: string; idToken: string }> {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const browse = createBrowser();

  const authorization = new URL('/auth', issuer);
  authorization.search = new URLSearchParams({
    ...{ ...client, ...request, state, response_type: 'code', code_challenge_method: 'S256' },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  }).toString();
  const page = await browse(authorization, client.redirect_uri);
  const form = new URLSearchParams(person);
  const back = page.searchParams.has('error') ? page : await browse(page, client.redirect_uri, form);
  const { code, state: returned, ...rest } = Object.fromEntries(back.searchParams);
  if (code === undefined || returned !== state) throw new Error(`no code: ${JSON.stringify(rest)}`);

  const response = await fetch(new URL('/token', issuer), {
    method: 'POST',
    body: new URLSearchParams({
      ...{ ...client, code, grant_type: 'authorization_code', code_verifier: verifier },
      resource: request.resource,
    }),
  });
  if (!response.ok) throw new Error(`no token: ${await response.text()}`);
  const tokens = (await response.json()) as { access_token: string; id_token: string };
  return { accessToken: tokens.access_token, idToken: tokens.id_token };
}

/** Follows redirects, with cookies, to a page that needs a user or to the app's redirect URI. @returns the URL */
function createBrowser() {
  const cookies = new Map<string, string>();
  return async (start: URL, end: string, form?: URLSearchParams): Promise<URL> => {
    let url = start;
    let body = form;
    for (let hops = 0; hops < 10; hops++) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(url, {
        ...(body && { method: 'POST', body }),
        headers: { cookie },
        redirect: 'manual',
      });
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        cookies.set(name, value);
      }
      const text = await response.text();
      const location = response.headers.get('location');
      if (location === null) {
        if (response.ok) return url;
        throw new Error(`${url.pathname} answers ${response.status}: ${text.slice(0, 500)}`);
      }
      url = new URL(location, url);
      body = undefined;
      if (url.href.startsWith(end)) return url;
    }
    throw new Error('too many redirects');
  };
}
