/** In the browser. The cookie is HTTP-only: scripts call the API with it, and never see it. */

const settings = JSON.parse(document.body.dataset.settings);

const call = (path, init) => fetch(settings.api + path, { credentials: 'include', ...init });

async function signIn(form) {
  const { readIdToken } = await import('/sign-in.js');
  const token = await readIdToken(settings, new FormData(form));
  const response = await call('/sessions', { method: 'POST', headers: { Authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error((await response.json()).detail);
}

async function signOut() {
  const { csrfToken } = await (await call('/sessions/current')).json();
  await call('/sessions/current', { method: 'DELETE', headers: { 'X-CSRF-Token': csrfToken } });
}

const form = document.querySelector('#sign-in');
form?.addEventListener('submit', async (event) => {
  event.preventDefault();
  try {
    await signIn(form);
    location.reload();
  } catch (error) {
    form.querySelector('output').textContent = error.message;
  }
});

document.querySelector('#sign-out')?.addEventListener('click', () => signOut().then(() => location.reload()));
