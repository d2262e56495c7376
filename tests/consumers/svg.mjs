// svg.mjs FILE FOLDER: uses a flame graph as a person does, in a window and in pages that embed it,
// and prints what was seen after each step. Screenshots stay in FOLDER.
import fs from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {tell, withPage} from './browser.mjs';

const [file, folder] = process.argv.slice(2);
const url = String(pathToFileURL(file));
const size = {viewport: {width: 1200, height: 500}};

const shot = (page, name) => page.screenshot({path: path.join(folder, name + '.png')});

// What is on screen: for each box its label as drawn, what it tells (tooltip or screen reader), place
// and width in pixels, and whether a search found it.
const boxes = (within) => within.locator('.boxes').first().evaluate((graph) => {
    const labels = Array.from(graph.querySelectorAll('.labels text'), (text) =>
        ({text: text.textContent, at: text.getBoundingClientRect()}));
    return Array.from(graph.querySelectorAll('.b'))
        .filter((box) => box.style.display !== 'none')
        .map((box) => {
            const {x, y, width, height} = box.getBoundingClientRect();
            const label = labels.find(({at}) =>
                at.y > y - 3 && at.y < y + height && at.x >= x && at.x < x + width);
            return {
                label: label?.text ?? '',
                told: box.getAttribute('aria-label') ??
                    box.querySelector('title').textContent.replaceAll('\n', ', '),
                x: Math.round(x), y: Math.round(y), width: Math.round(width * 10) / 10,
                hit: box.classList.contains('hit'),
            };
        });
});

const text = (page, selector) => page.locator(selector).first().textContent();

// The middle of the first box of that name, where the mouse goes.
const middle = (within, name) => within.locator('.boxes').first().evaluate((graph, wanted) => {
    const told = (box) => box.getAttribute('aria-label') ?? box.querySelector('title').textContent;
    const box = Array.from(graph.querySelectorAll('.b')).find((one) => told(one).startsWith(wanted));
    const {x, y, width, height} = box.getBoundingClientRect();
    return [x + width / 2, y + height / 2];
}, name + ' ');
const hover = async (page, name) => page.mouse.move(...await middle(page, name));
const click = async (page, name) => page.mouse.click(...await middle(page, name));

async function useIt(page, complaints) {
    const seen = {};
    await page.goto(url);
    seen.title = await text(page, '.title');
    seen.facts = await text(page, '.facts');
    seen.legend = await text(page, '.legend');
    seen.start = await boxes(page);
    seen.resetAtStart = await page.locator('.reset').isVisible();
    await shot(page, 'start');

    await hover(page, 'Worker.run');
    seen.tip = await page.locator('.tip > div').innerText();
    seen.details = await text(page, '.details');
    await shot(page, 'tooltip');

    await click(page, 'main');
    seen.zoomed = await boxes(page);
    seen.resetZoomed = await page.locator('.reset').isVisible();
    await page.mouse.move(5, 5);
    await shot(page, 'zoomed');
    await page.locator('.reset').click();
    seen.reset = await boxes(page);

    await page.keyboard.press('Control+f');
    seen.searchFocused = await page.evaluate(() => document.activeElement?.localName);
    await page.keyboard.type('SPIN|enc', {delay: 5});
    seen.caseMatters = await text(page, '.tools output');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('spin|enc', {delay: 5});
    seen.matched = await text(page, '.tools output');
    seen.found = (await boxes(page)).filter((one) => one.hit);
    await shot(page, 'search');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('(');
    seen.badPattern = await page.locator('.tools input.bad').count();
    await page.keyboard.press('Escape');
    seen.foundAfterEscape = (await boxes(page)).filter((one) => one.hit).length;

    await page.locator('.b[tabindex="0"]').focus();
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    seen.walk = [];
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowLeft', 'ArrowUp',
        'ArrowDown']) {
        await page.keyboard.press(key);
        seen.walk.push((await focused()).split(',')[0]);
    }
    await page.keyboard.press('Enter');
    seen.zoomedByKey = await boxes(page);
    await shot(page, 'keyboard');
    await page.keyboard.press('Escape');
    seen.escaped = await boxes(page);

    await page.setViewportSize({width: 640, height: 500});
    await page.waitForFunction( // the window tells of its new size a little later
        () => document.querySelector('.boxes .b').getBoundingClientRect().width < 640);
    seen.narrow = await boxes(page);
    await shot(page, 'narrow');
    return {...seen, complaints};
}

async function withoutScripts(page) {
    await page.goto(url);
    await shot(page, 'no-script');
    return {
        boxes: await boxes(page),
        titles: await page.locator('.b > title').count(),
    };
}

async function embedded(page, complaints) {
    const html = path.join(folder, 'embedded.html');
    const inline = fs.readFileSync(file, 'utf8').replace(/^<\?xml[^>]*>/, '');
    fs.writeFileSync(html, `<!doctype html><meta charset="utf-8"><body style="margin: 0 60px">
        <h1 class="title">A page</h1><div id="inline">${inline}</div>
        <object id="object" type="image/svg+xml" width="100%" data="${url}"></object>
        <img id="image" src="${url}">`);
    await page.goto(String(pathToFileURL(html)));
    await click(page, 'main');
    const image = await page.locator('#image').evaluate((img) => [img.naturalWidth, img.naturalHeight]);
    const object = page.frames().find((frame) => frame !== page.mainFrame());
    await object.locator('.toolbox').waitFor();
    await page.screenshot({path: path.join(folder, 'embedded.png'), fullPage: true});
    return {
        inline: await boxes(page.locator('#inline')), image, complaints,
        object: await boxes(object),
        heading: await text(page, 'h1'),
    };
}

const dark = (page) => page.goto(url).then(() => shot(page, 'dark'));

fs.mkdirSync(folder, {recursive: true});
const used = await withPage(useIt, size);
await withPage(dark, {...size, colorScheme: 'dark'});
tell({
    used,
    withoutScripts: await withPage(withoutScripts, {...size, javaScriptEnabled: false}),
    embedded: await withPage(embedded, size),
});
