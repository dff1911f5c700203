/** Where a project serves the API: `servers` of OpenAPI. @param basePath behind Hosting */
export const serversAt = (basePath: string) => [
  { url: basePath, description: 'Through Firebase Hosting' },
  { url: '/v1', description: 'The function itself' },
  { url: `http://127.0.0.1:5002${basePath}`, description: 'On your machine, after `npm start`' },
];
