// A headless Chromium for the scripts of this folder, which print what they saw as one line of JSON.
import {createRequire} from 'node:module';

const require = createRequire(process.env.CONSUMER_NPM + '/package.json');
const {chromium} = require('playwright-core');

// Calls `use(page, complaints)`; complaints are the page's errors, exceptions and warnings.
export async function withPage(use, options = {}) {
    const browser = await chromium.launch({
        executablePath: process.env.CHROMIUM,
        args: ['--no-sandbox', '--disable-gpu', '--allow-file-access-from-files'],
    });
    try {
        const context = await browser.newContext(options);
        const page = await context.newPage();
        const complaints = [];
        page.on('pageerror', (error) => complaints.push(String(error)));
        page.on('console', (message) => {
            if (['error', 'warning'].includes(message.type())) {
                complaints.push(message.text());
            }
        });
        return await use(page, complaints);
    } finally {
        await browser.close();
    }
}

export function tell(seen) {
    console.log(JSON.stringify(seen));
}
