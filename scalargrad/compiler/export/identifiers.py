"""Names that mean something in C and C++, which a function of a C file cannot have."""

from __future__ import annotations

import re


def words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))


KEYWORDS = words(
    """
    alignas alignof and and_eq asm atomic_cancel atomic_commit atomic_noexcept auto bitand bitor
    bool break case catch char char16_t char32_t char8_t class co_await co_return co_yield compl
    concept const const_cast consteval constexpr constinit continue decltype default delete do
    double dynamic_cast else enum explicit export extern false far float for fortran friend goto
    i386 if inline int linux long main mutable namespace near new noexcept not not_eq nullptr
    operator or or_eq private protected public reflexpr register reinterpret_cast requires
    restrict return short signed sizeof static static_assert static_cast struct switch
    synchronized template this thread_local throw true try typedef typeid typename typeof
    typeof_unqual union unix unsigned using virtual void volatile wchar_t while xor xor_eq
    """
)

FUNCTIONS = words(
    """
    acos acosh asin asinh atan atan2 atanh cabs cacos cacosh canonicalize carg casin casinh
    catan catanh cbrt ccos ccosh ceil cexp cimag clog clog10 conj copysign cos cosh cpow cproj
    creal csin csinh csqrt ctan ctanh dadd ddiv dfma dmul drem dsqrt dsub erf erfc exp exp10
    exp2 expm1 fabs fadd fdim fdiv ffma finite floor fma fmax fmaximum fmaximum_mag
    fmaximum_mag_num fmaximum_num fmaxmag fmin fminimum fminimum_mag fminimum_mag_num
    fminimum_num fminmag fmod fmul frexp fromfp fromfpx fsqrt fsub gamma getpayload hypot ilogb
    isinf isnan j0 j1 jn ldexp lgamma llogb llrint llround log log10 log1p log2 logb lrint
    lround modf nan nearbyint nextafter nextdown nexttoward nextup pow pow10 remainder remquo
    rint round roundeven scalb scalbln scalbn setpayload setpayloadsig significand sin sincos
    sinh sqrt tan tanh tgamma totalorder totalordermag trunc ufromfp ufromfpx y0 y1 yn
    """
)
MATH = frozenset(
    x + kind for x in FUNCTIONS for kind in ("", "f", "l", "_r", "f_r", "l_r")
) | words(
    """
    assert complex DOMAIN double_t EOF errno exception float_t FP_FAST_FMA FP_ILOGB0 FP_ILOGBNAN
    FP_INFINITE FP_NAN FP_NORMAL FP_SUBNORMAL FP_ZERO fpclassify HUGE HUGE_VAL HUGE_VALF
    HUGE_VALL I imaginary INFINITY iscanonical iseqsig isfinite isgreater isgreaterequal isless
    islessequal islessgreater isnormal issignaling issubnormal isunordered iszero M_1_PI M_2_PI
    M_2_SQRTPI M_E M_LN10 M_LN2 M_LOG10E M_LOG2E M_PI M_PI_2 M_PI_4 M_SQRT1_2 M_SQRT2
    MATH_ERREXCEPT math_errhandling MATH_ERRNO matherr MAXFLOAT NAN NULL OVERFLOW PLOSS signbit
    signgam SING std TLOSS UNDERFLOW X_TLOSS
    """
)
"""Names of math.h and its extensions, for each precision, and those that compilers know anyway."""

LIBRARY = words(
    """
    abort abs accept access alarm aligned_alloc alloca asctime at_quick_exit atexit atof atoi
    atol atoll bcmp bcopy bind bsearch btowc bzero calloc chdir chmod chown clearerr clock clone
    close connect creat ctime dcgettext dgettext difftime div dlclose dlopen dlsym dprintf dup
    dup2 edata end environ etext execl execle execlp execv execve execvp exit fclose fcntl feof
    ferror fflush ffs ffsl ffsll fgetc fgetpos fgets fgetwc fgetws fileno fopen fork fprintf
    fputc fputs fputwc fputws fread free freopen fscanf fseek fsetpos fstat fsync ftell
    ftruncate fwide fwprintf fwrite fwscanf getc getchar getcwd getenv getopt getpid gets
    gettext getuid getwc getwchar gmtime imaxabs imaxdiv index insque ioctl isalnum isalpha
    isascii isatty isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper
    iswalnum iswalpha iswblank iswcntrl iswctype iswdigit iswgraph iswlower iswprint iswpunct
    iswspace iswupper iswxdigit isxdigit kill labs ldiv link listen llabs lldiv localeconv
    localtime longjmp lseek malloc mblen mbrlen mbrtowc mbsinit mbsrtowcs mbstowcs mbtowc
    memalign memchr memcmp memcpy memmem memmove mempcpy memset mkdir mktime mmap munmap
    nanosleep nice open opendir pause perror pipe poll posix_memalign printf printf_unlocked
    putc putchar puts putwc putwchar qsort quick_exit raise rand random read readdir readlink
    realloc recv remove rename rewind rindex rmdir scanf select send setbuf setenv setjmp
    setlocale setvbuf sigaction signal sigsetjmp sleep snprintf socket sprintf srand srandom
    sscanf stat stpcpy stpncpy strcasecmp strcat strchr strcmp strcoll strcpy strcspn strdup
    strerror strfmon strftime strlen strncasecmp strncat strncmp strncpy strndup strnlen strpbrk
    strrchr strsignal strspn strstr strtod strtof strtoimax strtok strtol strtold strtoll
    strtoul strtoull strtoumax strxfrm swprintf swscanf symlink sync syscall sysconf system
    tempnam time times tmpfile tmpnam toascii tolower toupper towctrans towlower towupper
    truncate umask uname ungetc ungetwc unlink unsetenv usleep utime va_arg va_copy va_end
    va_start vfork vfprintf vfscanf vfwprintf vfwscanf vprintf vscanf vsnprintf vsprintf vsscanf
    vswprintf vswscanf vwprintf vwscanf wait waitpid wcrtomb wcscat wcschr wcscmp wcscoll wcscpy
    wcscspn wcsftime wcslen wcsncat wcsncmp wcsncpy wcspbrk wcsrchr wcsrtombs wcsspn wcsstr
    wcstod wcstof wcstoimax wcstok wcstol wcstold wcstoll wcstombs wcstoul wcstoull wcstoumax
    wcsxfrm wctob wctomb wctrans wctype wmemchr wmemcmp wmemcpy wmemmove wmemset wprintf write
    wscanf
    """
)
"""A function of one of these names would take the place of the library's in the whole program."""
