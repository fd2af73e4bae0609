#include "CCairo.h"

#include <loading.h>
#include <pthread.h>

// Without the library no surface is made, so nothing of this is called with one.
#define STATUS(name, parameters, arguments) \
  LIMPID_FUNCTION(cairo_status_t, name, parameters, arguments, CAIRO_STATUS_NO_MEMORY)

LIMPID_FUNCTION(const char *, cairo_status_to_string, (cairo_status_t status), (status), "no libcairo")

LIMPID_FUNCTION(
    cairo_surface_t *, cairo_image_surface_create, (cairo_format_t format, int width, int height),
    (format, width, height), NULL)
LIMPID_FUNCTION(unsigned char *, cairo_image_surface_get_data, (cairo_surface_t * surface), (surface), NULL)
LIMPID_FUNCTION(int, cairo_image_surface_get_stride, (cairo_surface_t * surface), (surface), 0)
STATUS(cairo_surface_status, (cairo_surface_t * surface), (surface))
LIMPID_PROCEDURE(cairo_surface_flush, (cairo_surface_t * surface), (surface))
LIMPID_PROCEDURE(cairo_surface_mark_dirty, (cairo_surface_t * surface), (surface))
LIMPID_PROCEDURE(cairo_surface_destroy, (cairo_surface_t * surface), (surface))
STATUS(
    cairo_surface_write_to_png_stream, (cairo_surface_t * surface, cairo_write_func_t function, void *context),
    (surface, function, context))

LIMPID_FUNCTION(cairo_t *, cairo_create, (cairo_surface_t * surface), (surface), NULL)
STATUS(cairo_status, (cairo_t * context), (context))
LIMPID_PROCEDURE(cairo_destroy, (cairo_t * context), (context))
LIMPID_PROCEDURE(cairo_save, (cairo_t * context), (context))
LIMPID_PROCEDURE(cairo_restore, (cairo_t * context), (context))
LIMPID_PROCEDURE(cairo_translate, (cairo_t * context, double x, double y), (context, x, y))
LIMPID_PROCEDURE(cairo_rotate, (cairo_t * context, double angle), (context, angle))
LIMPID_PROCEDURE(
    cairo_set_source_rgb, (cairo_t * context, double red, double green, double blue), (context, red, green, blue))
LIMPID_PROCEDURE(cairo_set_line_width, (cairo_t * context, double width), (context, width))
LIMPID_PROCEDURE(cairo_set_line_cap, (cairo_t * context, cairo_line_cap_t cap), (context, cap))
LIMPID_PROCEDURE(cairo_set_line_join, (cairo_t * context, cairo_line_join_t join), (context, join))
LIMPID_PROCEDURE(cairo_move_to, (cairo_t * context, double x, double y), (context, x, y))
LIMPID_PROCEDURE(cairo_line_to, (cairo_t * context, double x, double y), (context, x, y))
LIMPID_PROCEDURE(
    cairo_rectangle, (cairo_t * context, double x, double y, double width, double height),
    (context, x, y, width, height))
LIMPID_PROCEDURE(cairo_clip, (cairo_t * context), (context))
LIMPID_PROCEDURE(cairo_fill, (cairo_t * context), (context))
LIMPID_PROCEDURE(cairo_stroke, (cairo_t * context), (context))
LIMPID_PROCEDURE(cairo_paint, (cairo_t * context), (context))
LIMPID_PROCEDURE(
    cairo_select_font_face,
    (cairo_t * context, const char *family, cairo_font_slant_t slant, cairo_font_weight_t weight),
    (context, family, slant, weight))
LIMPID_PROCEDURE(cairo_set_font_size, (cairo_t * context, double size), (context, size))
LIMPID_PROCEDURE(cairo_show_text, (cairo_t * context, const char *text), (context, text))
LIMPID_PROCEDURE(
    cairo_text_extents, (cairo_t * context, const char *text, cairo_text_extents_t *extents),
    (context, text, extents))

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool isComplete;

static void load(void) {
  // The dynamic linker's own folders and LD_LIBRARY_PATH.
  static const char *const names[] = {"libcairo.so.2", NULL};
  void *handle = limpid_open_first(names, RTLD_LOCAL);
  if (!handle) return;
  isComplete =
      LIMPID_FIND(handle, cairo_status_to_string) && LIMPID_FIND(handle, cairo_image_surface_create) &&
      LIMPID_FIND(handle, cairo_image_surface_get_data) && LIMPID_FIND(handle, cairo_image_surface_get_stride) &&
      LIMPID_FIND(handle, cairo_surface_status) && LIMPID_FIND(handle, cairo_surface_flush) &&
      LIMPID_FIND(handle, cairo_surface_mark_dirty) && LIMPID_FIND(handle, cairo_surface_destroy) &&
      LIMPID_FIND(handle, cairo_surface_write_to_png_stream) && LIMPID_FIND(handle, cairo_create) &&
      LIMPID_FIND(handle, cairo_status) && LIMPID_FIND(handle, cairo_destroy) && LIMPID_FIND(handle, cairo_save) &&
      LIMPID_FIND(handle, cairo_restore) && LIMPID_FIND(handle, cairo_translate) &&
      LIMPID_FIND(handle, cairo_rotate) && LIMPID_FIND(handle, cairo_set_source_rgb) &&
      LIMPID_FIND(handle, cairo_set_line_width) && LIMPID_FIND(handle, cairo_set_line_cap) &&
      LIMPID_FIND(handle, cairo_set_line_join) && LIMPID_FIND(handle, cairo_move_to) &&
      LIMPID_FIND(handle, cairo_line_to) && LIMPID_FIND(handle, cairo_rectangle) && LIMPID_FIND(handle, cairo_clip) &&
      LIMPID_FIND(handle, cairo_fill) && LIMPID_FIND(handle, cairo_stroke) && LIMPID_FIND(handle, cairo_paint) &&
      LIMPID_FIND(handle, cairo_select_font_face) && LIMPID_FIND(handle, cairo_set_font_size) &&
      LIMPID_FIND(handle, cairo_show_text) && LIMPID_FIND(handle, cairo_text_extents);
}

LIMPID_HIDDEN bool limpid_cairo_load(void) {
  pthread_once(&once, load);
  return isComplete;
}
