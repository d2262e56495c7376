/* Text inside XML elements and attributes. */
#ifndef HEATLINE_EXPORT_XML_H
#define HEATLINE_EXPORT_XML_H

#include "base/out.h"

/* `text` is valid UTF-8 without control characters, as the view gives it. */
void xml_text(struct out *o, const char *text);

#endif
