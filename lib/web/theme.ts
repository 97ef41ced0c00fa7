/**
 * Applies the remembered theme before anything is drawn. It is loaded ahead of the page, as a script of its own.
 *
 * @module
 */

const theme = localStorage.getItem("claustrum.theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme;
